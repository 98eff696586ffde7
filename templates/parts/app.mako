## What several pages show of an app. `app` is a row with suspended and approved; `reviewed`: new apps are reviewed here.
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="icons" file="/parts/icons.mako"/>

## Where nothing can be done about it, there is none.
<%def name="status(app, reviewed)">\
% if app.suspended:
${show.tag("suspended", "bad")}\
% elif reviewed and not app.approved:
${show.tag("waiting for approval", "warn")}\
% endif
</%def>

## A warning if the app doesn’t accept HTTP Basic, the only way in which `what` authenticates.
<%def name="basic_only(app, what)">
% if app.type == "confidential" and "client_secret_basic" not in app.authentication_methods:
<p class="notice warn">${what} with a client secret by HTTP Basic, which this app doesn’t accept. <a href="/developer/apps/${app.client_id}/authentication">Change how it authenticates</a>, or read <a href="/developer/docs/authentication">how to sign assertions</a>.</p>
% endif
</%def>

## The fields of a new app, or of `app` if it is edited. `grants` and `scopes` are those it can choose, and `pictures` says
## which images a logo can be.
<%def name="fields(of, grants, scopes, pictures, app=None, may_skip_pkce=True)">
<h2>What users see</h2>
${forms.field(of, "name", "Name", maxlength=80, autocomplete="off", hint="Users see it when your app requests access.")}
${forms.area(of, "description", "Description", rows=3, required=False, maxlength=1000, hint="Tell users what your app does.")}
${forms.field(of, "home_page", "Home page", inputmode="url", required=False, maxlength=2000, autocomplete="url", hint="For example https://app.example.com")}
${logo_field(of, app, pictures)}
<div class="with-users">
<h2>Where users return</h2>
${forms.area(of, "redirect_uris", "Redirect URIs", rows=4, required=None if app is None else "authorization_code" in of.all("grant_types"), hint="Where users return after they decide. One per line; must match exactly. https://…, or http:// on 127.0.0.1, [::1] or localhost with any port" + ("; for public apps also com.example.app:/…. A command line takes http://127.0.0.1/callback." if app is None or app.type != "confidential" else "."))}
</div>
<h2>What it can request</h2>
${scope_choices(of, scopes)}
<details class="advanced"\
% if {"grant_types", "skips_pkce", "keeps_successor"} & of.errors.keys() or of.get("skips_pkce") or of.get("keeps_successor"):
 open\
% endif
>
<summary>Advanced: ${"grant types, refresh tokens" if not may_skip_pkce else "grant types, PKCE, refresh tokens"}</summary>
${forms.boxes(of, "grant_types", "How it gets tokens", [(name, grant.label, grant.hint) for name, grant in grants.items()])}
% if may_skip_pkce:
${forms.tick(of, "skips_pkce", "This app can’t use PKCE", hint="For confidential apps only, if your library doesn’t support PKCE. Almost every library does. Without it, anyone who has the client secret can use a stolen code.")}
% elif app.type == "confidential":
<p class="hint">PKCE is required. Only the owner of the app can turn it off.</p>
% endif
${forms.tick(of, "keeps_successor", "This app may repeat a refresh token", hint="For apps that lose responses or resend a refresh token. The next token stays available until its first use, for at most 30 days, so a stolen token may be noticed later.")}
</details>
</%def>

## What is being built (routes.developer.app_types): it decides about the secret, so it never changes.
<%def name="types(of, choices)">
<fieldset class="field types"${forms.aria(of, "type", "type", "hint")}>
<legend>What are you building?</legend>
% for one in choices:
<div class="option">
<input type="radio" id="type-${loop.index}" name="type" value="${one.value}" required\
% if of.get("type") == one.value:
 checked\
% endif
${forms.focus(of, "type") if loop.first else ""}>
<label for="type-${loop.index}">${icons.icon(one.icon)}<span><strong>${one.title}</strong> <span class="hint">${one.text}</span></span></label>
</div>
% endfor
${forms.aids(of, "type", "type", "You can’t change this later, because it decides whether the app gets a client secret.")}
</fieldset>
</%def>

## All scopes, each with a switch that lets users decline it.
<%def name="scope_choices(of, scopes)">
<fieldset class="field scope-choices"${forms.aria(of, "scopes", "scopes", "hint")}>
<legend>Scopes</legend>
% for scope in scopes:
<div class="option">
<input type="checkbox" id="scopes-${loop.index}" name="scopes" value="${scope.scope}"\
% if scope.scope in of.all("scopes"):
 checked\
% endif
${forms.focus(of, "scopes") if loop.first else ""}>
<label for="scopes-${loop.index}">${scope.description}\
% if scope.is_sensitive:
 ${show.tag("sensitive", "warn")}\
% endif
% if scope.deprecated:
 ${show.tag("deprecated")}\
% endif
<span class="hint"><code>${scope.scope}</code></span></label>
<span class="switch">
<input type="checkbox" id="optional_scopes-${loop.index}" name="optional_scopes" value="${scope.scope}"\
% if scope.scope in of.all("optional_scopes"):
 checked\
% endif
${forms.focus(of, "optional_scopes") if loop.first else ""}>
<label for="optional_scopes-${loop.index}">Optional<span class="unseen">: ${scope.description}</span></label>
</span>
</div>
% endfor
${forms.aids(of, "scopes", "scopes", "Everything your app can request. Choose only what it needs: users see each scope. They can decline optional ones; the token response lists the granted scopes.")}
${forms.aids(of, "optional_scopes", "optional_scopes", None)}
</fieldset>
</%def>

## The form keeps a chosen image as text (logos.as_text) while other fields are corrected.
<%def name="logo_field(of, app, pictures)">
% if of.get("logo") and "logo" not in of.errors:
<div class="card-head">
<img class="logo" src="data:image/png;base64,${of.get("logo")}" alt="" width="48" height="48">
<p>The logo you chose is kept. Choose another file to replace it.</p>
</div>
${forms.hidden("logo", of.get("logo"))}
% elif app and app.logo_version:
<div class="card-head">
${show.logo(app.client_id, app.name, app.logo_version)}
<p>The current logo. Choose another file to replace it.</p>
</div>
% endif
${forms.file(of, "logo", "Logo", "image/png, image/jpeg, image/webp, image/gif", hint=pictures + ". It is shown at 96 × 96 pixels or smaller; square images look best.")}
% if app and app.logo_version:
${forms.tick(of, "drops_logo", "Remove the logo")}
% endif
</%def>

<%def name="state_notice(app, reviewed)">
% if app.suspended:
<div class="notice bad" role="alert">
<p>An administrator suspended this app ${show.moment(app.suspended_at)}\
% if app.suspend_reason:
, and gave this reason: <q>${app.suspend_reason}</q>\
% else:
, and gave no reason.\
% endif
</p>
<p>Until it is reactivated, users can’t connect it and its tokens are refused. Nothing is lost: after that, its tokens work again and users stay connected.</p>
<p>Fix the problem, then ask an administrator to reactivate the app.</p>
</div>
% elif reviewed and not app.approved:
<p class="notice warn">This app is waiting for approval. Until an administrator approves it, only its developers can connect it. You can already set it up and <a href="/developer/apps/${app.client_id}/try">try it</a>.</p>
% endif
</%def>

## For an app that works without PKCE.
<%def name="pkce_warning(app)">
<p class="notice warn">This app works without PKCE: a stolen code can be used by anyone who has the client secret. <a href="/developer/apps/${app.client_id}/edit">Require PKCE</a> as soon as your library supports it.</p>
</%def>

## What an app may do without a user; `resources` are (URI, name of the API, URI).
## `chosen` are the scopes that the app can request of users; others are marked.
<%def name="own_access(of, scopes, resources, scopes_hint, resources_hint, chosen=None)">
${forms.boxes(of, "scopes", "Scopes", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint=scopes_hint, tags={scope.scope: [("sensitive", "warn")] * scope.is_sensitive + [("not chosen by its developers", "warn")] * (chosen is not None and scope.scope not in chosen) for scope in scopes})}
% if resources:
${forms.boxes(of, "resources", "APIs", resources, hint=resources_hint)}
% endif
</%def>

## For administrators, who find a user's page by it; a deleted user has none.
<%def name="owner(app)">\
% if app.owner_email.endswith("@deleted.invalid"):
deleted user\
% else:
<a href="/admin/users/${app.owner_id}">${app.owner_email}</a>\
% endif
</%def>

<%def name="redirect_uris(app)">
% if app.redirect_uris:
${codes(app.redirect_uris)}
% else:
None
% endif
</%def>

<%def name="codes(texts)">
<ul class="plain">
% for text in texts:
<li><code class="wrap">${text}</code></li>
% endfor
</ul>
</%def>

<%def name="endpoints(issuer)">
<dl class="facts">
<dt>Metadata (every endpoint, for libraries)</dt>
<dd>${show.copyable(issuer + "/.well-known/oauth-authorization-server")}</dd>
<dt>Authorization</dt>
<dd>${show.copyable(issuer + "/oauth/authorize")}</dd>
<dt>Token</dt>
<dd>${show.copyable(issuer + "/oauth/token")}</dd>
<dt>Revocation</dt>
<dd>${show.copyable(issuer + "/oauth/revoke")}</dd>
</dl>
</%def>

<%def name="home_page(app)">\
% if app.home_page:
<a href="${app.home_page}" rel="noopener noreferrer">${app.home_page}</a>\
% else:
–\
% endif
</%def>
