## The start page of a stranger.
<%inherit file="/layout/frame.mako"/>
<%page args="signup_is_open"/>
<%def name="title()">Your account, and the apps that may use it</%def>
<p class="lead">Sign in to see which apps have access to your account and to end it in one click, or to register an app of your own.</p>
<p class="actions">
<a class="button primary" href="/login">Sign in</a>
% if signup_is_open:
<a class="button" href="/signup">Create an account</a>
% endif
</p>
<p>Do you build an app? The <a href="/developer/docs">guides</a> tell how it gets its first token.</p>
