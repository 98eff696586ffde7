## Asks for confirmation.
<%inherit file="/layout/admin.mako"/>
<%page args="scope, apps, users"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Deprecate ${scope.scope}?</%def>
% if apps:
<p>${number(apps)} ${"app has" if apps == 1 else "apps have"} it, and ${number(users)} ${"user has" if users == 1 else "users have"} allowed it. Nothing changes for them: these apps can still request it, and their tokens keep it.</p>
% else:
<p>No app has it.</p>
% endif
<p>No other app can get it. You can restore it later.</p>
<%sure:form action="/admin/scopes/retire" button="Deprecate the scope" back="/admin/scopes">
${forms.hidden("scope", scope.scope)}
</%sure:form>
