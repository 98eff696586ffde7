## Registering an API. `form` also holds a token of the form itself: the form makes one API, however often it is sent.
<%inherit file="/layout/admin.mako"/>
<%page args="form, scopes"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Register an API</%def>
<%forms:form action="/admin/apis" of="${form}">
${forms.hidden("form", form.get("form"))}
${forms.field(form, "name", "Name", maxlength=80, autocomplete="off")}
${forms.field(form, "resource", "Address (resource URI)", inputmode="url", maxlength=2000, autocomplete="off", hint="For example https://api.example.com. Apps name it to get tokens for this API alone.")}
${forms.boxes(form, "scopes", "Scopes it accepts", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint="A token that names no API is meant for this one if it holds one of these. With none, the API sees only tokens that name it.")}
<div class="actions">
${forms.button("Register the API")}
<a href="/admin/apis">Cancel</a>
</div>
</%forms:form>
