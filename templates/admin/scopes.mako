## The catalog of scopes.
<%inherit file="/layout/admin.mako"/>
<%page args="scopes"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Scopes</%def>
<p>What users can allow apps to do, in the order they see it, with the number of apps that have each scope and of users who allowed it. Large numbers are counted once a day.</p>
% if any(not scope.deprecated for scope in scopes):
<p class="actions"><a class="button" href="/admin/scopes/new">Add a scope</a></p>
${table("Scopes", [scope for scope in scopes if not scope.deprecated])}
% else:
<%show:empty text="No scopes yet. Apps need at least one.">
<p><a class="button" href="/admin/scopes/new">Add a scope</a></p>
</%show:empty>
% endif
% if any(scope.deprecated for scope in scopes):

<h2>Deprecated</h2>
<p>No other app can get these. Apps that have one keep it.</p>
${table("Deprecated scopes", [scope for scope in scopes if scope.deprecated])}
% endif

<%def name="table(caption, scopes)">
<%show:table caption="${caption}" heads="${['Scope', 'What it allows', 'Apps', 'Users', 'Change']}" numbers="${['Apps', 'Users']}">
% for scope in scopes:
<tr>
<td data-label="Scope"><code class="wrap">${scope.scope}</code></td>
<td data-label="What it allows" class="bare">${scope.description}
% if scope.consent_text:
<p class="hint wide">To users: ${scope.consent_text}</p>
% endif
% if scope.is_sensitive:
${show.tag("sensitive", "warn")}
% endif
% if scope.for_self_registered:
${show.tag("self-registered apps")}
% endif
% if scope.deprecated:
<p class="hint">deprecated ${show.moment(scope.deprecated_at)}</p>
% endif
</td>
<td data-label="Apps" class="number">${count_text(scope.clients)}</td>
<td data-label="Users" class="number">${count_text(scope.users)}</td>
<td data-label="Change" class="end"><p><a href="/admin/scopes/edit?scope=${quote(scope.scope, safe='')}">Edit<span class="unseen"> ${scope.scope}</span></a></p>
% if scope.deprecated:
${forms.post("/admin/scopes/restore", "Restore", "quiet", scope.scope, scope=scope.scope)}
% endif
</td>
</tr>
% endfor
</%show:table>
<p><a href="/admin/scopes.csv">Download as CSV</a></p>
</%def>
