## The console's start: which scopes to ask for, and the authorization request that they make.
<%inherit file="/layout/app.mako"/>
<%page args="app, form, scopes, redirect_uri, is_open, registered, sent, address, step, reviewed"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="console" file="/parts/try_it.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Try ${app.name}</%def>
${parts.state_notice(app, reviewed)}
<p class="lead">Walk with this app from the user’s yes to the end of its access, and see each request and each answer as they are. The requests are real, and so are their answers: you allow the app for your own account, and the tokens end with the last step. The console itself stores nothing.</p>
% if not is_open:
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}">Back to the app</a></p>
% elif not registered:
<h2>First: a redirect URI for this console</h2>
<p>The answer comes back to this page of the console. As for every app, the address has to be one of the app’s redirect URIs:</p>
<p>${show.copyable(redirect_uri, "redirect-uri")}</p>
<%forms:form action="/developer/apps/${app.client_id}/try/redirect-uri">
<div class="actions">
${forms.button("Add it to this app")}
<a href="/developer/apps/${app.client_id}/edit">Add it yourself in the settings</a>
</div>
</%forms:form>
<p>Remove it again when the app goes live.</p>
% else:
<h2>What to ask for</h2>
<form method="get" action="/developer/apps/${app.client_id}/try">
${forms.boxes(form, "scope", "Scopes", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint="None ticked asks for all.")}
${forms.tick(form, "prompt", "Ask me even if I allowed it before", value="consent", hint="Sends prompt=consent.")}
<button type="submit">Show the request</button>
</form>
<h2>1. ${step.title}</h2>
<p>${step.teaches}</p>
<h3>The request</h3>
<pre class="wire">${sent}</pre>
<p class="hint">Lines are broken for reading, and what is secret is cut short: here and on all the pages that follow.</p>
<p class="actions"><a class="button primary" href="${address}">Send it</a></p>
${console.coming_back(app, redirect_uri)}
% endif
