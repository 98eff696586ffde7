## One scope: its description, its position, and who has it. Its name never changes.
<%inherit file="/layout/admin.mako"/>
<%page args="scope, form, icons, preview"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="scopes" file="/parts/scope.mako"/>
<%def name="title()">Scope ${scope.scope}</%def>
% if scope.deprecated:
<p class="notice">Deprecated ${show.moment(scope.deprecated_at)}: no other app can get it. Apps that have it keep it.</p>
% endif
<div class="figures">
${show.figure("Apps that have it", count_text(scope.clients))}
${show.figure("Users who allowed it", count_text(scope.users))}
</div>
<%forms:form action="/admin/scopes/edit" of="${form}">
${forms.hidden("scope", scope.scope)}
${scopes.fields(form, icons)}
<div class="actions">
${forms.button("Save")}
<button type="submit" name="preview" value="yes" formnovalidate>Preview</button>
<a href="/admin/scopes">Cancel</a>
</div>
</%forms:form>
${scopes.preview(preview)}

% if scope.deprecated:
<h2>Restore it</h2>
<p>Apps can then get it again.</p>
${forms.post("/admin/scopes/restore", "Restore", "quiet", scope=scope.scope)}
% else:
<h2>Deprecate it</h2>
<p>No other app can get it; apps that have it keep it.</p>
${forms.post("/admin/scopes/retire", "Deprecate the scope", "danger", scope=scope.scope)}
% endif
