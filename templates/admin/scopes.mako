## The catalogue of scopes. `holders`: scope → (apps, users); `addresses`: scope → the query that names it.
<%inherit file="/layout/admin.mako"/>
<%page args="scopes, retired, holders, addresses, no_holders"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Scopes</%def>
<p>What users can allow apps to do, in the order they see it, with how many apps have each scope and how many users allowed it.</p>
% if scopes:
<p class="actions"><a class="button" href="/admin/scopes/new">Add a scope</a></p>
${table("Scopes", scopes)}
% else:
<%show:empty text="No scopes yet. Apps need at least one.">
<p><a class="button" href="/admin/scopes/new">Add a scope</a></p>
</%show:empty>
% endif
% if retired:

<h2>Deprecated</h2>
<p>No other app can get these. Apps that have one keep it.</p>
${table("Deprecated scopes", retired)}
% endif

<%def name="table(caption, scopes)">
<%show:table caption="${caption}" heads="${['Scope', 'What it allows', 'Apps', 'Users', 'Change']}">
% for scope in scopes:
<tr>
<td data-label="Scope"><code class="wrap">${scope.scope}</code></td>
<td data-label="What it allows">${scope.description}
% if scope.is_sensitive:
${show.tag("sensitive", "warn")}
% endif
% if scope.deprecated:
<p class="hint">deprecated ${show.moment(scope.deprecated_at)}</p>
% endif
</td>
<td data-label="Apps">${number(holders.get(scope.scope, no_holders)[0])}</td>
<td data-label="Users">${number(holders.get(scope.scope, no_holders)[1])}</td>
<td data-label="Change"><p><a href="/admin/scopes/edit?${addresses[scope.scope]}">Edit<span class="unseen"> ${scope.scope}</span></a></p>
% if scope.deprecated:
${forms.post("/admin/scopes/restore", "Restore", "quiet", scope.scope, scope=scope.scope)}
% endif
</td>
</tr>
% endfor
</%show:table>
</%def>
