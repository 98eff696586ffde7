## Which secret to retire, and are you sure.
<%inherit file="/layout/developer.mako"/>
<%page args="app, choices, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Retire a secret of ${app.name}</%def>
% if len(choices) < 2:
<p>This app has no second secret. Add one, move your app to it, then retire the first.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}">Back to the app</a></p>
% else:
<p>The secret you retire is refused from that moment, everywhere. Retire the one your app no longer uses.</p>
<%forms:form action="/developer/apps/${app.client_id}/secrets/retire" of="${form}">
${forms.choice(form, "secret", "Secret to retire", choices)}
<div class="actions">
${forms.button("Retire it", "danger")}
<a href="/developer/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>
% endif
