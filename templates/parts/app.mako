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

## The fields of a new app, and of one that is edited: that is `app` then. `scopes` are those that it can choose,
## and `pictures` says which its logo can be.
<%def name="fields(of, scopes, pictures, app=None, may_skip_pkce=True)">
<h2>What users see</h2>
${forms.field(of, "name", "Name", maxlength=80, autocomplete="off", hint="Users read it when your app asks for access.")}
${forms.area(of, "description", "Description", rows=3, required=False, maxlength=1000, hint="What your app does for them.")}
${forms.field(of, "home_page", "Home page", inputmode="url", required=False, maxlength=2000, autocomplete="url", hint="For example https://app.example.com")}
${logo_field(of, app, pictures)}
% if app is None:
<h2>What you are building</h2>
${forms.choice(of, "type", "What is it?", [
    ("confidential", "A web app with a server", "Confidential: it gets a client secret, which stays on the server."),
    ("public", "A single-page app or browser extension", "Public: everybody can read its code, so it gets no secret. PKCE protects it."),
    ("public.device", "A mobile or desktop app", "Public, as it is on devices of others. It is reached at com.example.app:/… or at http://127.0.0.1."),
    ("public.terminal", "A command-line tool", "Public, as it is on devices of others. It listens on http://127.0.0.1, on any port."),
], hint="It says whether your app can keep a secret, and cannot be changed later.")}
% endif
<h2>Where users come back to</h2>
${forms.area(of, "redirect_uris", "Redirect URIs", rows=4, hint="The addresses that take the answer once users allowed your app, one a line, compared to the letter. https://…, or http:// on 127.0.0.1, [::1] or localhost with any port" + (" (a public app also com.example.app:/…)." if app is None or app.type != "confidential" else "."))}
<h2>What it may ask for</h2>
${forms.boxes(of, "scopes", "Scopes", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint="The most your app can ever ask for. Choose only what it needs: users are shown each of them.", tags={scope.scope: [("sensitive", "warn")] * scope.is_sensitive + [("retired", "plain")] * scope.deprecated for scope in scopes})}
${forms.boxes(of, "optional_scopes", "Of these, users may leave out", [(scope.scope, scope.description, None) for scope in scopes], hint="What your app can do without: users can untick it and connect all the same. What they allowed is told with the tokens.")}
% if may_skip_pkce:
${forms.tick(of, "skips_pkce", "This app can’t use PKCE", hint="For confidential apps only, and only if your library doesn’t support PKCE. Almost every library does. Without it, a stolen code can be used by anyone who has the client secret.")}
% elif app.type == "confidential":
<p class="hint">PKCE is required. Only the owner of the app can turn it off.</p>
% endif
</%def>

## The form carries a chosen picture from page to page as text (logos.as_text), and shows it.
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
<p>The logo of the app now. Choose another file to replace it.</p>
</div>
% endif
${forms.file(of, "logo", "Logo", "image/png, image/jpeg, image/webp, image/gif", hint=pictures + ". It is shown at 96 × 96 pixels or smaller, so a square one looks best.")}
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
<p>Until it is reactivated nothing of it works: users cannot connect it, and its tokens are refused. Nothing is lost: once reactivated, all of it works again, and no user has to connect again.</p>
<p>What to do: put right what the reason names, then ask the people who run this server to reactivate it.</p>
</div>
% elif reviewed and not app.approved:
<p class="notice warn">This app waits for approval. Until an administrator approves it, only its developers can connect it. You can set it up and <a href="/developer/apps/${app.client_id}/try">try it</a> meanwhile.</p>
% endif
</%def>

## Where PKCE is not required of an app.
<%def name="pkce_warning(app)">
<p class="notice warn">This app works without PKCE: whoever steals a code on its way needs only the client secret to use it. <a href="/developer/apps/${app.client_id}/edit">Switch PKCE on</a> as soon as your library can do it.</p>
</%def>

<%def name="redirect_uris(app)">
<ul class="plain">
% for uri in app.redirect_uris:
<li><code class="wrap">${uri}</code></li>
% endfor
</ul>
</%def>

<%def name="endpoints(issuer)">
<h2>Addresses</h2>
<dl class="facts">
<dt>Metadata (all addresses, for libraries)</dt>
<dd>${show.copyable(issuer + "/.well-known/oauth-authorization-server")}</dd>
<dt>Authorization</dt>
<dd>${show.copyable(issuer + "/oauth/authorize")}</dd>
<dt>Token</dt>
<dd>${show.copyable(issuer + "/oauth/token")}</dd>
<dt>Revocation</dt>
<dd>${show.copyable(issuer + "/oauth/revoke")}</dd>
</dl>
</%def>
