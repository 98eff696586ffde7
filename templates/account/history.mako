## What happened to this account, newest first.
<%inherit file="/layout/account.mako"/>
<%page args="events, newer, older"/>
<%namespace name="log" file="/parts/events.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Security history</%def>
<p class="lead">What happened to your account, the latest first. Was something not you? <a href="/account/sessions">Sign out everywhere else</a>, <a href="/account/password">change your password</a>, and end the <a href="/account/apps">connected apps</a> that you do not know.</p>
% if events:
${log.table("What happened to your account", events, ("When", "What", "From"))}
${show.pagination(newer, older)}
% else:
<%show:empty text="Nothing is recorded here.">
<p>Sign-ins, changes of your password and what you allow apps are kept for about a year. <a href="/account/history">Show the latest</a></p>
</%show:empty>
% endif
