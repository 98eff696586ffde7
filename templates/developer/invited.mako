## The answer to the form that invited someone: the one page that ever shows the link.
<%inherit file="/layout/app.mako"/>
<%page args="app, email, address"/>
<%namespace name="link" file="/parts/link.mako"/>
<%def name="title()">Invitation to the team of ${app.name}</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/team</%def>
<%link:once address="${address}" way_on="/developer/apps/${app.client_id}/team">
<p>Send it to ${email} privately: anyone who opens it can join the team. It works once, for seven days.</p>
</%link:once>
