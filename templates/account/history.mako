## What happened to this account, newest first.
<%inherit file="/layout/account.mako"/>
<%page args="events, more"/>
<%namespace name="log" file="/parts/events.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Security history</%def>
<p class="lead">What happened to your account, newest first. If something wasn’t you, <a href="/account/sessions">sign out everywhere else</a>, <a href="/account/password">change your password</a> and disconnect the <a href="/account/apps">apps</a> you don’t know.</p>
% if events:
${log.table("What happened to your account", events, ("When", "What", "From"))}
${show.pagination(*more)}
% else:
<%show:empty text="No events here.">
<p>We keep sign-ins, password changes and app connections for about a year. <a href="/account/history">Show the newest</a></p>
</%show:empty>
% endif
