## The answer to the form that added a secret: the one page that ever shows it.
<%inherit file="/layout/app.mako"/>
<%page args="app, made"/>
<%namespace name="secret" file="/parts/secret.mako"/>
<%def name="title()">New secret of ${app.name}</%def>
<%secret:once client_id="${app.client_id}" secret="${made.text}" way_on="/developer/apps/${app.client_id}/secrets" in_force="${made.in_force}">
<p>The other secret goes on working until you retire it.</p>
</%secret:once>
