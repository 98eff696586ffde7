## Which secret to retire, and are you sure.
<%inherit file="/layout/app.mako"/>
<%page args="app, choices, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Retire a secret of ${app.name}?</%def>
% if len(choices) < 2:
<p>This app has no second secret. Add one, move your app to it, then retire the first.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/secrets">Back to the credentials</a></p>
% else:
<p>The secret you retire is refused from that moment, everywhere, and this cannot be undone. Retire the one your app no longer uses. Connected users stay connected.</p>
<%sure:form action="/developer/apps/${app.client_id}/secrets/retire" button="Retire it" back="/developer/apps/${app.client_id}/secrets" of="${form}">
${forms.choice(form, "secret", "Secret to retire", choices)}
</%sure:form>
% endif
