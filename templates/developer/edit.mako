## Changing the settings of an app; its type stays.
<%inherit file="/layout/developer.mako"/>
<%page args="app, form, scopes"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Change ${app.name}</%def>
<p>This app is ${app.type}; its type and its client id never change. Connected users stay connected.</p>
<%forms:form action="/developer/apps/${app.client_id}/edit" of="${form}">
${parts.fields(form, scopes, app.type)}
<div class="actions">
${forms.button("Save the changes")}
<a href="/developer/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>
