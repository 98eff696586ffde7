## An app's client ID, its secrets with their use, and PKCE. `advice` is about two secrets.
<%inherit file="/layout/app.mako"/>
<%page args="app, its_secrets, advice, uses_secrets"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Credentials</%def>
<h2>Client ID</h2>
<p>It identifies your app and isn’t secret.</p>
<p>${show.copyable(app.client_id, id="client-id")}</p>

<h2>Client secret</h2>
% if app.type == "public":
<p>A public app has no client secret, because anyone could read it there. It sends only its client ID to the token endpoint and uses PKCE to protect its codes. If your app runs on a server, <a href="/developer/apps/new">register it as confidential</a>: the type of an app can’t be changed.</p>
% else:
% if not uses_secrets:
<p class="notice">This app signs assertions with a key of its own, so a client secret is refused.</p>
% endif
% if its_secrets:
<%show:table caption="Client secrets" heads="${['Secret', 'Added', 'Last used', 'From', 'Change']}">
% for secret in its_secrets:
<tr>
<td data-label="Secret">ending in <code>${secret.hint}</code>\
% if len(its_secrets) > 1:
 ${show.tag("old" if loop.first else "new")}\
% endif
</td>
<td data-label="Added" class="wide">${show.moment(secret.created_at)}</td>
<td data-label="Last used">${show.moment_or(secret.last_used_at, "never")}</td>
<td data-label="From">${secret.last_used_from or "–"}</td>
<td data-label="Change" class="end">\
% if len(its_secrets) > 1 or not uses_secrets:
<a href="/developer/apps/${app.client_id}/secrets/retire?secret=${secret.hint}">Delete</a>\
% else:
the only one\
% endif
</td>
</tr>
% endfor
</%show:table>
% endif
% if not uses_secrets:
% elif not its_secrets:
${forms.post(f"/developer/apps/{app.client_id}/secrets", "Add a secret", "plain", seen="")}
% elif advice:
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
<h2>How it authenticates</h2>
<p>Each request authenticates in one of these ways:</p>
<ul>
% if "client_secret_basic" in app.authentication_methods:
<li>with the client secret by HTTP Basic (<code>Authorization: Basic …</code>)</li>
% endif
% if "client_secret_post" in app.authentication_methods:
<li>with the client secret in the form, as <code>client_id</code> and <code>client_secret</code></li>
% endif
% if "private_key_jwt" in app.authentication_methods:
<li>with an assertion that your app signs (<code>private_key_jwt</code>)</li>
% endif
</ul>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/authentication">Change how it authenticates</a></p>
% endif

<h2>PKCE</h2>
% if app.skips_pkce:
${parts.pkce_warning(app)}
% else:
<p>${show.tag("required", "good")} Each authorization request must have a challenge (<code>S256</code>), and each code is exchanged with its verifier. <a href="/developer/docs/pkce">How PKCE works</a></p>
% endif
