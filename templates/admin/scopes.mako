## The catalogue of scopes. `holders`: scope → (apps, users); `addresses`: scope → the query that names it.
<%inherit file="/layout/admin.mako"/>
<%page args="scopes, retired, holders, addresses, nobody"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Scopes</%def>
<p>What apps can be allowed to do, in the order in which people read it; with each, how many apps hold it and how many users allowed it.</p>
% if scopes:
<p class="actions"><a class="button" href="/admin/scopes/new">Add a scope</a></p>
${table("Scopes", scopes)}
% else:
<%show:empty text="There is no scope that an app could be given.">
<p><a class="button" href="/admin/scopes/new">Add a scope</a></p>
</%show:empty>
% endif
% if retired:

<h2>Retired</h2>
<p>No app gets these any more. Those that hold one go on as before.</p>
${table("Retired scopes", retired)}
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
<p class="hint">retired ${show.moment(scope.deprecated_at)}</p>
% endif
</td>
<td data-label="Apps">${number(holders.get(scope.scope, nobody)[0])}</td>
<td data-label="Users">${number(holders.get(scope.scope, nobody)[1])}</td>
<td data-label="Change"><p><a href="/admin/scopes/edit?${addresses[scope.scope]}">Edit<span class="unseen"> ${scope.scope}</span></a></p>
% if scope.deprecated:
<%forms:form action="/admin/scopes/restore">
${forms.hidden("scope", scope.scope)}
${forms.button("Bring back", "quiet", scope.scope)}
</%forms:form>
% endif
</td>
</tr>
% endfor
</%show:table>
</%def>
