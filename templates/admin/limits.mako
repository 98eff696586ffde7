## The limits of one app.
<%inherit file="/layout/admin.mako"/>
<%page args="app, form, settings"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Limits of ${app.name}</%def>
<p>Each response tells the app its limits and, when one is used up, when to retry. New limits apply from the next request on.</p>
<%forms:form action="/admin/apps/${app.client_id}/limit" of="${form}">
${forms.field(form, "limit", "Calls per hour", inputmode="numeric", maxlength=15, autocomplete="off")}
${forms.field(form, "share", "Largest share of one user (percent)", inputmode="numeric", maxlength=3, autocomplete="off", required=False, hint="Keeps one user from using all calls of the hour. Leave empty for the default: 25 percent while others use the app, from 100 calls per hour. Enter 100 for no limit.")}
${forms.field(form, "token_limit", "Token requests per minute", inputmode="numeric", maxlength=15, autocomplete="off")}
${forms.field(form, "access_ttl", "Access token lifetime (seconds)", inputmode="numeric", maxlength=15, autocomplete="off", required=False, hint=f"At most {number(settings.access_ttl)}, which is the default. Applies to new tokens.")}
${forms.field(form, "refresh_ttl", "Refresh token lifetime if unused (seconds)", inputmode="numeric", maxlength=15, autocomplete="off", required=False, hint=f"At most {number(settings.refresh_ttl)}, which is the default. Applies to a connection from its next refresh.")}
<div class="actions">
${forms.button("Save")}
<a href="/admin/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>
