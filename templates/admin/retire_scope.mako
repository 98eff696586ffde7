## Are you sure.
<%inherit file="/layout/admin.mako"/>
<%page args="scope, apps, users"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Retire ${scope.scope}?</%def>
% if apps:
<p>${number(apps)} ${"app holds" if apps == 1 else "apps hold"} it, and ${number(users)} ${"user has" if users == 1 else "users have"} allowed it. For them nothing changes: these apps can still ask for it, and their tokens keep it.</p>
% else:
<p>No app holds it.</p>
% endif
<p>No other app can be given it any more. You can bring it back.</p>
<%sure:form action="/admin/scopes/retire" button="Retire the scope" back="/admin/scopes">
${forms.hidden("scope", scope.scope)}
</%sure:form>
