## What several pages show of an app. `app` is a row with suspended and approved; `reviewed`: new apps are reviewed here.
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>

<%def name="status(app, reviewed)">\
% if app.suspended:
${show.tag("suspended", "bad")}\
% elif reviewed and not app.approved:
${show.tag("waits for approval", "warn")}\
% else:
${show.tag("active", "good")}\
% endif
</%def>

## The fields of a new app and of one that is edited; `kind` is its type once that is chosen.
<%def name="fields(of, scopes, kind)">
${forms.field(of, "name", "Name", maxlength=80, autocomplete="off", hint="Users see it when your app asks for access.")}
${forms.area(of, "description", "Description", rows=3, required=False, maxlength=1000, hint="What your app does for them.")}
${forms.field(of, "home_page", "Home page", inputmode="url", required=False, maxlength=2000, autocomplete="url", hint="For example https://app.example.com")}
% if not kind:
${forms.choice(of, "type", "Can your app keep a secret?", [("confidential", "Yes: confidential", "It runs on a server of yours. It gets a client secret."), ("public", "No: public", "It runs in the user’s browser, phone or terminal, where everybody can read it. It gets no secret; PKCE protects it.")], hint="This cannot be changed later.")}
% endif
${forms.area(of, "redirect_uris", "Redirect URIs", rows=4, hint="Where users come back to after they allowed your app, one address a line, compared to the letter. https://…, or http:// on 127.0.0.1, [::1] or localhost with any port" + (" (a public app also com.example.app:/…)." if kind != "confidential" else "."))}
${forms.boxes(of, "scopes", "Scopes", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint="The most your app can ever ask for. Choose only what it needs: users see it.")}
% if kind != "public":
${forms.tick(of, "skips_pkce", "This app cannot do PKCE", hint="For confidential apps only, and only if the library you use cannot do it: PKCE keeps a code that was stolen on its way from being used. Almost every library can.")}
% endif
</%def>

<%def name="state_notice(app, reviewed)">
% if app.suspended:
<p class="problem" role="alert">An administrator suspended this app on ${show.moment(app.suspended_at)}. Until it is reactivated nothing of it works: users cannot connect it, and its tokens are refused. Nothing is lost: once reactivated, all of it works again, and no user has to connect again. Ask the people who run this server.</p>
% elif reviewed and not app.approved:
<p class="notice">This app waits for approval. Until an administrator approves it, its owner alone can connect it.</p>
% endif
</%def>

<%def name="endpoints(issuer)">
<h2>Addresses</h2>
<dl class="facts">
<dt>Metadata (all addresses, for libraries)</dt>
<dd><code class="wrap">${issuer}/.well-known/oauth-authorization-server</code></dd>
<dt>Authorization</dt>
<dd><code class="wrap">${issuer}/oauth/authorize</code></dd>
<dt>Token</dt>
<dd><code class="wrap">${issuer}/oauth/token</code></dd>
<dt>Revocation</dt>
<dd><code class="wrap">${issuer}/oauth/revoke</code></dd>
</dl>
</%def>
