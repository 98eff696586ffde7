## The console's first page: which scopes to request, and the resulting authorization request.
<%inherit file="/layout/app.mako"/>
<%page args="app, form, scopes, redirect_uri, is_open, registered, sent, address, step, reviewed"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="console" file="/parts/console.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Try ${app.name}</%def>
${parts.state_notice(app, reviewed)}
% if "authorization_code" not in app.grant_types:
<p>The console follows an authorization in a browser, which this app doesn’t use. The <a href="/developer/apps/${app.client_id}/quickstart">quickstart</a> gets its first token.</p>
% else:
${parts.basic_only(app, "The console authenticates")}
<p class="lead">Follow this app from the user’s consent to the revocation of its tokens, and see each request and response. They are real: you connect the app to your own account, and the last step revokes the tokens. The console itself stores nothing.</p>
% if not is_open:
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}">Back to the app</a></p>
% elif not registered:
<h2>First, add a redirect URI for this console</h2>
<p>The browser returns to this console, so its address must be one of the app’s redirect URIs:</p>
<p>${show.copyable(redirect_uri, "redirect-uri")}</p>
<%forms:form action="/developer/apps/${app.client_id}/try/redirect-uri">
<div class="actions">
${forms.button("Add it to this app")}
<a href="/developer/apps/${app.client_id}/edit">Add it yourself in the settings</a>
</div>
</%forms:form>
<p>Remove it when your app goes live.</p>
% else:
<h2>What to request</h2>
<form method="get" action="/developer/apps/${app.client_id}/try">
${forms.boxes(form, "scope", "Scopes", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint="Choose none to request all.")}
${forms.tick(form, "prompt", "Ask even if I already allowed it", value="consent", hint="Sends prompt=consent.")}
<button type="submit">Show the request</button>
</form>
<h2>1. ${step.title}</h2>
<p>${step.teaches}</p>
<h3>Request</h3>
<pre class="wire">${sent}</pre>
<p class="hint">Lines are wrapped, and secrets are shortened, here and in the next steps.</p>
<p class="actions"><a class="button primary" href="${address}">Send request</a></p>
${console.coming_back(app, redirect_uri)}
% endif
% endif
