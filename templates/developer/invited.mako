## The answer to the form that invited someone: the one page that ever shows the link.
<%inherit file="/layout/app.mako"/>
<%page args="app, email, address, signup_is_open"/>
<%namespace name="link" file="/parts/link.mako"/>
<%def name="title()">Invitation to the team of ${app.name}</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/team</%def>
<%link:once address="${address}" way_on="/developer/apps/${app.client_id}/team">
<p>Send it to ${email} privately: anyone who opens it can join the team. It works once, for seven days.</p>
% if signup_is_open:
<p>If they have no account yet, the page of the link lets them create one.</p>
% else:
<p>Only administrators create accounts here. If they have none, the page of the link says so, and works as soon as they have one.</p>
% endif
</%link:once>
