## The start page for visitors who aren't signed in.
<%inherit file="/layout/frame.mako"/>
<%page args="signup_is_open"/>
<%def name="title()">Your account and connected apps</%def>
<%def name="kind()">narrow</%def>
<p class="lead">Sign in to see which apps have access to your account, disconnect them, or register an app of your own.</p>
<p class="actions">
<a class="button primary" href="/login">Sign in</a>
% if signup_is_open:
<a class="button" href="/signup">Create an account</a>
% endif
</p>
<p>Building an app? The <a href="/developer/docs">guides</a> show how it gets its first token.</p>
