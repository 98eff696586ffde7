## Are you sure. `seen` is the version of the API that is shown here, so that the form replaces one secret alone.
<%inherit file="/layout/admin.mako"/>
<%page args="api, seen"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Replace the secret of ${api.name}?</%def>
<p>The old secret is refused at once, on every server. Until the new one is in its configuration, ${api.name} cannot ask about tokens, and will turn its callers away.</p>
<%sure:form action="/admin/apis/${api.client_id}/secret" button="Replace the secret" back="/admin/apis/${api.client_id}">
${forms.hidden("seen", seen)}
</%sure:form>
