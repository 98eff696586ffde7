## A person reports an app.
<%inherit file="/layout/account.mako"/>
<%page args="form, app, reasons"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Report an app</%def>
<div class="card-head">
${show.logo(app.client_id, app.name, app.logo_version)}
<p><strong class="wrap">${app.name}</strong></p>
</div>
<p>Your report goes to the ${brand.name} administrators. The app’s developers won’t see who sent it.</p>
<%forms:form action="/account/report/${app.client_id}" of="${form}">
${forms.choice(form, "reason", "What’s wrong with it?", [(name, reason.text, None) for name, reason in reasons.items()])}
${forms.area(form, "comment", "What happened", rows=5, required=False, hint="Tell us what you saw and where you found the app. Don’t include any passwords.")}
<div class="actions">
${forms.button("Report the app")}
<a href="/account/apps">Cancel</a>
</div>
</%forms:form>
