## Asks which secret to delete.
<%inherit file="/layout/app.mako"/>
<%page args="app, choices, form, uses_secrets"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Delete a secret of ${app.name}?</%def>
% if len(choices) < 2 and uses_secrets:
<p>This app has only one secret. Add a second one and switch your app to it, then delete the first.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/secrets">Back to the credentials</a></p>
% else:
<p>The secret stops working immediately, and you can’t undo this. Delete the one your app no longer uses. Connected users stay connected.</p>
<%sure:form action="/developer/apps/${app.client_id}/secrets/retire" button="Delete the secret" back="/developer/apps/${app.client_id}/secrets" of="${form}">
${forms.choice(form, "secret", "Secret to delete", choices)}
</%sure:form>
% endif
