## Registering an app. `form` also holds a token of the form itself: the form makes one app, however often it is sent.
<%inherit file="/layout/developer.mako"/>
<%page args="form, scopes, pictures, reviewed"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Register an app</%def>
% if reviewed:
<p class="notice">New apps are reviewed here: until an administrator approves yours, you alone can connect it.</p>
% endif
<%forms:form action="/developer/apps" of="${form}" upload="${True}">
${forms.hidden("form", form.get("form"))}
${parts.fields(form, scopes, pictures)}
<div class="actions">
${forms.button("Register the app")}
<a href="/developer/apps">Cancel</a>
</div>
</%forms:form>
