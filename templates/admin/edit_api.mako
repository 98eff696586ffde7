## Changing an API. Its resource URI never changes: tokens name it.
<%inherit file="/layout/admin.mako"/>
<%page args="api, form, scopes"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="api_parts" file="/parts/api.mako"/>
<%def name="title()">Change ${api.name}</%def>
<dl class="facts">
<dt>Address (resource URI)</dt>
<dd><code class="wrap">${api.resource}</code> <span class="muted">can’t be changed, because tokens name it</span></dd>
</dl>
<%forms:form action="/admin/apis/${api.client_id}/edit" of="${form}">
${api_parts.fields(form, scopes)}
<div class="actions">
${forms.button("Save")}
<a href="/admin/apis/${api.client_id}">Cancel</a>
</div>
</%forms:form>
