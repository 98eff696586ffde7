## What an app proves itself with: its id, its secrets and who uses them, PKCE. `advice` is about two secrets.
<%inherit file="/layout/app.mako"/>
<%page args="app, its_secrets, advice"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Credentials of ${app.name}</%def>
<h2>Client id</h2>
<p>It names your app and is no secret.</p>
<p>${show.copyable(app.client_id, id="client-id")}</p>

<h2>Client secret</h2>
% if app.type == "public":
<p>A public app has no client secret: it runs where everybody could read it. It sends its client id alone to the token endpoint, and proves with PKCE that the code was meant for it. An app that runs on a server of yours can keep a secret: <a href="/developer/apps/new">register it as confidential</a>, as the type of an app never changes.</p>
% else:
<%show:table caption="Client secrets" heads="${['Secret', 'Added', 'Last used', 'From', 'Change']}">
% for secret in its_secrets:
<tr>
<td data-label="Secret">ending in <code>${secret.hint}</code>\
% if len(its_secrets) > 1:
 ${show.tag("old" if loop.first else "new")}\
% endif
</td>
<td data-label="Added">${show.moment(secret.created_at)}</td>
<td data-label="Last used">${show.moment_or(secret.last_used_at, "never")}</td>
<td data-label="From">${secret.last_used_from or "–"}</td>
<td data-label="Change">\
% if len(its_secrets) > 1:
<a href="/developer/apps/${app.client_id}/secrets/retire?secret=${secret.hint}">Retire</a>\
% else:
the only one\
% endif
</td>
</tr>
% endfor
</%show:table>
% if advice:
<p class="notice ${'good' if advice.is_safe else 'warn'}">${advice.words}</p>
<p>Both secrets work. Once your app uses the new one everywhere, retire the old one.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/secrets/retire">Retire a secret</a></p>
% else:
<p>To change the secret without an interruption:</p>
<ol>
<li>Add a second one. Both work from then on.</li>
<li>Move your app to the new one. This page says when the old one is no longer used.</li>
<li>Retire the old one.</li>
</ol>
<%forms:form action="/developer/apps/${app.client_id}/secrets">
${forms.hidden("seen", " ".join(secret.hint for secret in its_secrets))}
${forms.button("Add a second secret", "plain")}
</%forms:form>
<p class="hint">If a secret leaked, do the same, and retire the leaked one at once: your app stops until it has the new one, and nobody else gets further with the old one.</p>
% endif
<h2>How it is sent</h2>
<p>To the token endpoint with HTTP Basic (<code>Authorization: Basic …</code>), or in the form as <code>client_id</code> and <code>client_secret</code>; one of the two, never both.</p>
% endif

<h2>PKCE</h2>
% if app.skips_pkce:
${parts.pkce_warning(app)}
% else:
<p>${show.tag("required", "good")} Each authorization request carries a challenge (<code>S256</code>), and each code is exchanged with its verifier. <a href="/developer/docs/pkce">How PKCE works</a></p>
% endif
