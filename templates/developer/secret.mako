## The answer to the form that added a secret: the one page that ever shows it.
<%inherit file="/layout/developer.mako"/>
<%page args="app, made"/>
<%def name="title()">New secret of ${app.name}</%def>
<p class="notice">Copy it now: it is shown this once. We keep only its hash.</p>
<dl class="facts">
<dt>Client id</dt>
<dd><code class="wrap" id="client-id">${app.client_id}</code></dd>
<dt>New client secret</dt>
<dd><code class="secret wrap" id="client-secret">${made.text}</code></dd>
</dl>
% if made.in_force:
<p>It works from now on, and the other secret goes on working until you retire it.</p>
% else:
<p class="problem" role="alert">It is recorded, but not yet in force: a database does not answer. It starts to work by itself once that database is back.</p>
% endif
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}">I have copied the secret</a></p>
