## Registering an app. `form` also has a token of its own, so that submitting it twice registers one app.
<%inherit file="/layout/developer.mako"/>
<%page args="form, types, grants, scopes, pictures"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Register an app</%def>
% if request.reviews_apps:
<p class="notice">New apps are reviewed. Until an administrator approves yours, only you can connect it.</p>
% endif
<%forms:form action="/developer/apps" of="${form}" upload="${True}">
${forms.hidden("form", form.get("form"))}
${parts.types(form, types)}
<div class="after-type">
${parts.fields(form, grants, scopes, pictures)}
<div class="actions">
${forms.button("Register the app")}
<a href="/developer/apps">Cancel</a>
</div>
</div>
</%forms:form>
