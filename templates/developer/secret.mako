## A new secret; only this page shows it.
<%inherit file="/layout/app.mako"/>
<%page args="app, made"/>
<%namespace name="secret" file="/parts/secret.mako"/>
<%def name="title()">New secret of ${app.name}</%def>
<%secret:once client_id="${app.client_id}" secret="${made.text}" way_on="/developer/apps/${app.client_id}/secrets" in_force="${made.in_force}">
<p>The other secret keeps working until you delete it.</p>
</%secret:once>
