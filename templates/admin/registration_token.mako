## A new initial access token.
<%inherit file="/layout/admin.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Create an initial access token</%def>
<%forms:form action="/admin/registration/tokens" of="${form}">
${forms.field(form, "name", "Name", maxlength=80, autocomplete="off", hint="Who gets it. Only administrators see this.")}
${forms.field(form, "days", "Valid for (days)", inputmode="numeric", maxlength=4, autocomplete="off")}
% if request.reviews_apps:
${forms.tick(form, "approves", "Approve apps that register with it", hint="Otherwise each app waits for your approval.")}
% endif
<div class="actions">
${forms.button("Create token")}
<a href="/admin/registration">Cancel</a>
</div>
</%forms:form>
