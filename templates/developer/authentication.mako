## How a confidential app authenticates: methods, and the keys of its assertions.
<%inherit file="/layout/app.mako"/>
<%page args="app, form, choices, has_secret"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">How ${app.name} authenticates</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/secrets</%def>
% if app.type == "public":
<p>This is a public app: it sends only its client ID to the token endpoint, because anyone could read a secret or key stored in it.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/secrets">Back to the credentials</a></p>
% else:
<p>Requests that authenticate in any other way are refused. Connected users stay connected.</p>
% if not has_secret:
<p class="notice">The app has no client secret. To use one, choose a client secret here, then add it under <a href="/developer/apps/${app.client_id}/secrets">Credentials</a>.</p>
% endif
<%forms:form action="/developer/apps/${app.client_id}/authentication" of="${form}">
${forms.boxes(form, "authentication_methods", "Ways to authenticate", choices, hint="To move from one to another without downtime, choose both until your app has moved.")}
<h2>Keys for signed assertions</h2>
<p>Your app signs a JWT for each request, with ES256, RS256, PS256 or EdDSA. <a href="/developer/docs/authentication">Which claims it needs</a></p>
${forms.area(form, "jwks", "Public keys", rows=8, required=False, hint="As a JWK or a JWK Set. Never paste a private key.")}
${forms.field(form, "jwks_uri", "Address of the keys", inputmode="url", required=False, maxlength=2000, hint="Instead of pasting them: an https address that serves a JWK Set. Keys you add there are found when your app first uses them.")}
${forms.tick(form, "allows_endpoint_audience", "Accept the token endpoint as audience", hint="Only if your library can’t send the issuer as aud. The issuer is safer: no other server that your app uses can make it sign an assertion that works here.")}
<div class="actions">
${forms.button("Save")}
<a href="/developer/apps/${app.client_id}/secrets">Cancel</a>
</div>
</%forms:form>
% endif
