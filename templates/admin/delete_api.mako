## Are you sure: the name of the API is typed before it goes.
<%inherit file="/layout/admin.mako"/>
<%page args="api, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Delete ${api.name}?</%def>
<p>This cannot be undone. Its secret is refused at once, apps get no tokens for <code class="wrap">${api.resource}</code> any more, and those they have for it alone are of no more use.</p>
<%sure:form action="/admin/apis/${api.client_id}/delete" button="Delete the API" back="/admin/apis/${api.client_id}" of="${form}">
${forms.field(form, "name", "Name of the API", hint=f"To be sure, type: {api.name}", autocomplete="off")}
</%sure:form>
