## The answer to the form that invited someone: the one page that ever shows the link.
<%inherit file="/layout/app.mako"/>
<%page args="app, email, address, signup_is_open"/>
<%namespace name="link" file="/parts/link.mako"/>
<%def name="title()">Invitation to the team of ${app.name}</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/team</%def>
<%link:once address="${address}" way_on="/developer/apps/${app.client_id}/team">
<p>Send it to ${email} privately: anyone who opens it can join the team. It works once, for seven days.</p>
% if signup_is_open:
<p>If they don’t have an account yet, they can create one when they open the link.</p>
% else:
<p>Only administrators can create accounts. If they don’t have one yet, ask an administrator to add them; the link then works.</p>
% endif
</%link:once>
