## Changing the settings of an app; its type stays.
<%inherit file="/layout/app.mako"/>
<%page args="app, form, added, scopes, pictures"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Settings of ${app.name}</%def>
<p>This app is ${app.type}; its type and its client id never change. Connected users stay connected.</p>
% if app.verified:
<p class="notice warn">This app is verified. A new name, home page or logo takes that back, until an administrator looks at it again.</p>
% endif
% if added:
<p class="notice warn" id="added">This address is filled in below, and not saved yet: <code class="wrap">${added}</code> Save it only if it is yours: whoever receives the answers there can act as your users.</p>
% endif
<%forms:form action="/developer/apps/${app.client_id}/edit" of="${form}" upload="${True}">
${parts.fields(form, scopes, pictures, app)}
<div class="actions">
${forms.button("Save")}
<a href="/developer/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>
