## The answer to the form that replaced the secret of an API: the one page that ever shows the new one.
<%inherit file="/layout/admin.mako"/>
<%page args="api, made"/>
<%namespace name="secret" file="/parts/secret.mako"/>
<%def name="title()">New secret of ${api.name}</%def>
<%secret:once client_id="${api.client_id}" secret="${made.text}" way_on="/admin/apis/${api.client_id}" in_force="${made.in_force}">
% if made.in_force:
<p>The old secret is refused from now on.</p>
% endif
</%secret:once>
