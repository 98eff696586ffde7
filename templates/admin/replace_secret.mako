## Asks for confirmation. `seen` is the version of the API that is shown here, so that the form replaces one secret alone.
<%inherit file="/layout/admin.mako"/>
<%page args="api, seen"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Replace the secret of ${api.name}?</%def>
<p>The old secret stops working immediately. Until ${api.name} has the new one, it can’t check tokens and will refuse its callers.</p>
<%sure:form action="/admin/apis/${api.client_id}/secret" button="Replace the secret" back="/admin/apis/${api.client_id}">
${forms.hidden("seen", seen)}
</%sure:form>
