## What an administrator opens to one app for use without a user.
<%inherit file="/layout/admin.mako"/>
<%page args="app, form, scopes, resources"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Access of ${app.name} without a user</%def>
<p>With client_credentials, a program gets tokens with the app’s own secret or key, and no user is asked: it can use the scopes you open here on everyone’s data. They work as soon as you save; the app’s owner can turn them off and on.</p>
% if app.type != "confidential":
<p class="notice warn">This app is public, so it can’t use this: it has no secret or key.</p>
% elif "client_credentials" not in app.grant_types:
<p class="notice">Nothing changes until the app’s developers turn on client_credentials in its settings.</p>
% endif
<%forms:form action="/admin/apps/${app.client_id}/own-access" of="${form}">
${parts.own_access(form, scopes, resources, "To close the access, clear them all.", "Its tokens work only at the APIs you choose. If you choose none, they work at every API that accepts one of the scopes.", app.scopes)}
<div class="actions">
${forms.button("Save")}
<a href="/admin/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>
