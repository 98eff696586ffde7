## A newly registered app; only this page shows its first secret.
<%inherit file="/layout/developer.mako"/>
<%page args="app, credentials, quickstart"/>
<%namespace name="secret" file="/parts/secret.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/quickstart.mako"/>
<%def name="title()">${app.name} is registered</%def>
% if credentials.client_secret:
<%secret:once client_id="${credentials.client_id}" secret="${credentials.client_secret}" way_on="/developer/apps/${credentials.client_id}/first-request">
<p>Store the secret where only your server can read it, never in a repository, an email or a web page. If it leaks, add a second one and delete this one.</p>
</%secret:once>
% else:
<dl class="facts">
<dt>Client ID</dt>
<dd>${show.copyable(credentials.client_id, "client-id")}</dd>
</dl>
<p>Public apps have no client secret. They use PKCE.</p>
<p class="actions"><a class="button primary" href="/developer/apps/${credentials.client_id}/first-request">Send your first request</a></p>
% endif
<h2>Quickstart</h2>
<p>${"Sign in your first user" if quickstart.needs_browser else "Get your first token"} in five minutes. The code has your app’s values.</p>
% if quickstart.needs_browser:
## This page is shown once, so it holds all programs of the kind that the app probably is.
% for language in quickstart.kind.languages:
<details name="quickstart"\
% if loop.first:
 open\
% endif
>
<summary>${language.title}</summary>
${parts.program(quickstart, language, f"/developer/apps/{credentials.client_id}/edit")}
</details>
% endfor
% endif
${parts.starts(quickstart)}
<p>You can find it again under <a href="/developer/apps/${credentials.client_id}/quickstart">Quickstart</a>, without the secret and with programs for other types of app.</p>
