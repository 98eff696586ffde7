## One scope: its words, its place, who holds it. Its name never changes.
<%inherit file="/layout/admin.mako"/>
<%page args="scope, form, apps, users, retire_address"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="scopes" file="/parts/scope.mako"/>
<%def name="title()">Scope ${scope.scope}</%def>
% if scope.deprecated:
<p class="notice">Retired ${show.moment(scope.deprecated_at)}: no app gets it any more. Those that hold it go on as before.</p>
% endif
<div class="figures">
${show.figure("Apps that hold it", number(apps))}
${show.figure("Users who allowed it", number(users))}
</div>
<%forms:form action="/admin/scopes/edit" of="${form}">
${forms.hidden("scope", scope.scope)}
${scopes.fields(form)}
<div class="actions">
${forms.button("Save")}
<a href="/admin/scopes">Cancel</a>
</div>
</%forms:form>

% if scope.deprecated:
<h2>Bring it back</h2>
<p>Apps can be given it again.</p>
<%forms:form action="/admin/scopes/restore">
${forms.hidden("scope", scope.scope)}
${forms.button("Bring it back", "quiet")}
</%forms:form>
% else:
<h2>Retire it</h2>
<p>No app gets it any more; those that hold it go on as before.</p>
<p class="actions"><a class="button danger" href="${retire_address}">Retire the scope</a></p>
% endif
