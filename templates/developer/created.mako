## The answer to the form that made an app: the one page that ever shows its first secret.
<%inherit file="/layout/developer.mako"/>
<%page args="app, credentials, quickstart, languages"/>
<%namespace name="secret" file="/parts/secret.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/quickstart.mako"/>
<%def name="title()">${app.name} is registered</%def>
% if credentials.client_secret:
<%secret:once client_id="${credentials.client_id}" secret="${credentials.client_secret}" way_on="/developer/apps/${credentials.client_id}">
<p>Keep the secret where your server alone can read it: never in a repository, an e-mail, or a page. If it leaks, add a second one and retire this.</p>
</%secret:once>
% else:
<dl class="facts">
<dt>Client id</dt>
<dd>${show.copyable(credentials.client_id, "client-id")}</dd>
</dl>
<p>A public app has no client secret. It proves itself with PKCE.</p>
<p class="actions"><a class="button" href="/developer/apps/${credentials.client_id}">Go to the app</a></p>
% endif
<h2>Quickstart</h2>
<p>A first token in five minutes, with the values of your app.</p>
${parts.coming_back(quickstart, f"/developer/apps/{credentials.client_id}/edit")}
% if quickstart.redirect_uri is not None:
## All of them are in this page: it is shown once, so no tab may ask for it again.
% for language in languages:
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
<p>It stays under <a href="/developer/apps/${credentials.client_id}/quickstart">Quickstart</a>, without the secret.</p>
