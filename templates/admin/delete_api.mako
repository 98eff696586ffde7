## Asks for confirmation: the name of the API is typed before it goes.
<%inherit file="/layout/admin.mako"/>
<%page args="api, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Delete ${api.name}?</%def>
<p>You can’t undo this. Its secret stops working immediately, apps can’t get tokens for <code class="wrap">${api.resource}</code>, and tokens issued only for it stop working.</p>
<%sure:form action="/admin/apis/${api.client_id}/delete" button="Delete the API" back="/admin/apis/${api.client_id}" of="${form}">
${forms.field(form, "name", "Name of the API", hint=f"To confirm, type: {api.name}", autocomplete="off")}
</%sure:form>
