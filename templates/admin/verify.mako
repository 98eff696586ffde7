## Asks for confirmation. `seen` is the version of the app that is shown here.
<%inherit file="/layout/admin.mako"/>
<%page args="app, seen"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="of_app" file="/parts/admin_app.mako"/>
<%def name="title()">Verify ${app.name}?</%def>
<p>When this app requests access, users see that you have verified its developer. Check that the name, the logo and the home page belong to these people.</p>
<div class="card-head">
${show.logo(app.client_id, app.name, app.logo_version)}
<p>${app.name}</p>
</div>
<dl class="facts">
<dt>Owner</dt>
<dd><a href="/admin/users/${app.owner_id}">${app.owner_name}</a> (${app.owner_email}), joined ${show.moment(app.owner_since)}</dd>
<dt>Home page</dt>
<dd>${of_app.home_page(app)}</dd>
<dt>Redirect URIs</dt>
<dd>${parts.redirect_uris(app)}</dd>
</dl>
<p class="hint">A new name, home page, logo, redirect host, scope or owner removes the verification, and so does turning PKCE off.</p>
<%sure:form action="/admin/apps/${app.client_id}/verify" button="Verify the app" back="/admin/apps/${app.client_id}" kind="primary">
${forms.hidden("seen", seen)}
</%sure:form>
