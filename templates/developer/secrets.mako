## An app's client id, its secrets with their use, and PKCE. `advice` is about two secrets.
<%inherit file="/layout/app.mako"/>
<%page args="app, its_secrets, advice"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Credentials · ${app.name}</%def>
<h2>Client id</h2>
<p>It identifies your app and isn’t secret.</p>
<p>${show.copyable(app.client_id, id="client-id")}</p>

<h2>Client secret</h2>
% if app.type == "public":
<p>A public app has no client secret, because anyone could read it there. It sends only its client ID to the token endpoint and uses PKCE to protect its codes. If your app runs on a server, <a href="/developer/apps/new">register it as confidential</a>: the type of an app can’t be changed.</p>
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
<a href="/developer/apps/${app.client_id}/secrets/retire?secret=${secret.hint}">Delete</a>\
% else:
the only one\
% endif
</td>
</tr>
% endfor
</%show:table>
% if advice:
<p class="notice ${'good' if advice.is_safe else 'warn'}">${advice.text}</p>
<p>Both secrets work. Once your app uses the new one everywhere, delete the old one.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/secrets/retire">Delete a secret</a></p>
% else:
<p>To change the secret without downtime:</p>
<ol>
<li>Add a second secret. Both then work.</li>
<li>Switch your app to the new one. This page shows when the old one was last used.</li>
<li>Delete the old one.</li>
</ol>
${forms.post(f"/developer/apps/{app.client_id}/secrets", "Add a second secret", "plain", seen=" ".join(secret.hint for secret in its_secrets))}
<p class="hint">If a secret leaked, add a second one and delete the leaked one right away. Your app stops working until it has the new one.</p>
% endif
<h2>How it is sent</h2>
<p>Send it to the token endpoint with HTTP Basic (<code>Authorization: Basic …</code>), or in the form as <code>client_id</code> and <code>client_secret</code>; never both.</p>
% endif

<h2>PKCE</h2>
% if app.skips_pkce:
${parts.pkce_warning(app)}
% else:
<p>${show.tag("required", "good")} Each authorization request must have a challenge (<code>S256</code>), and each code is exchanged with its verifier. <a href="/developer/docs/pkce">How PKCE works</a></p>
% endif
