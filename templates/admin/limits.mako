## The limits of one app.
<%inherit file="/layout/admin.mako"/>
<%page args="app, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Limits of ${app.name}</%def>
<p>The app learns its limits with each answer, and is told when to come back once it is over them. They hold from the next request on.</p>
<%forms:form action="/admin/apps/${app.client_id}/limit" of="${form}">
${forms.field(form, "limit", "Calls per hour", inputmode="numeric", maxlength=15, autocomplete="off")}
${forms.field(form, "share", "Largest share of one user (percent)", inputmode="numeric", maxlength=3, autocomplete="off", required=False, hint="Keeps one user from using up the whole hour. Leave empty for 25 percent while others use the app, from 100 calls per hour. Enter 100 for no limit.")}
${forms.field(form, "token_limit", "Requests at the token endpoint per minute", inputmode="numeric", maxlength=15, autocomplete="off")}
<div class="actions">
${forms.button("Save")}
<a href="/admin/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>
