## The answer to the form that added a secret to an API: the one page that ever shows it.
<%inherit file="/layout/admin.mako"/>
<%page args="api, made"/>
<%namespace name="secret" file="/parts/secret.mako"/>
<%def name="title()">New secret of ${api.name}</%def>
<%secret:once client_id="${api.client_id}" secret="${made.text}" way_on="/admin/apis/${api.client_id}" in_force="${made.in_force}">
<p>The other secret still works. Once the API uses this one everywhere, delete the other.</p>
</%secret:once>
