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
<p>The administrators of ${brand.name} read this. The app’s developers don’t learn who reported it.</p>
<%forms:form action="/account/report/${app.client_id}" of="${form}">
${forms.choice(form, "reason", "What is wrong with it?", [(name, reason.text, None) for name, reason in reasons.items()])}
${forms.area(form, "comment", "What happened", rows=5, required=False, hint="What you saw, and where you found the app. Never enter a password.")}
<div class="actions">
${forms.button("Report the app")}
<a href="/account/apps">Cancel</a>
</div>
</%forms:form>
