## Registering an API. `form` also holds a token of the form itself: the form makes one API, however often it is sent.
<%inherit file="/layout/admin.mako"/>
<%page args="form, scopes"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="api_parts" file="/parts/api.mako"/>
<%def name="title()">Register an API</%def>
<%forms:form action="/admin/apis" of="${form}">
${forms.hidden("form", form.get("form"))}
${api_parts.fields(form, scopes, is_new=True)}
<div class="actions">
${forms.button("Register the API")}
<a href="/admin/apis">Cancel</a>
</div>
</%forms:form>
