## Where metadata documents of apps may be, and blocked hosts. `accepted` is the setting OAUTHSRV_CLIENT_DOCUMENTS, and
## `blocks` says that `form` is the form that blocks a host.
<%inherit file="/layout/admin.mako"/>
<%page args="form, blocks, listed, blocked, accepted"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Hosts</%def>
<h2>Allowed hosts</h2>
% if accepted == "off":
<p class="notice">Apps with a metadata document can’t connect: <code>OAUTHSRV_CLIENT_DOCUMENTS</code> is off.</p>
% elif accepted == "open":
<p class="notice warn">Apps with a metadata document at any host can connect: <code>OAUTHSRV_CLIENT_DOCUMENTS</code> is open.</p>
% else:
<p>An app can connect without registration or review if its client ID is the address of a metadata document at one of these hosts. It gets the scopes that are <a href="/admin/scopes">open to self-registered apps</a>.</p>
% endif
% if listed:
<%show:table caption="Allowed hosts" heads="${['Host', 'Added', 'Change']}">
% for row in listed:
<tr>
<td data-label="Host"><code class="wrap">${row.host}</code></td>
<td data-label="Added">${show.moment(row.added_at)}${f" by {row.added_by}" if row.added_by else ""}</td>
<td data-label="Change" class="end">${forms.post("/admin/hosts/remove", "Remove", "quiet", row.host, listed=row.host)}</td>
</tr>
% endfor
</%show:table>
<p><a href="/admin/hosts.csv">Download as CSV</a></p>
% else:
<%show:empty text="No hosts yet."><p>Without one, only registered apps can connect.</p></%show:empty>
% endif
<%forms:form action="/admin/hosts" of="${None if blocks else form}">
${forms.field(form, "host", "Host", autocomplete="off", maxlength=2000, hint="For example claude.ai. Its subdomains aren’t included.")}
${forms.button("Allow host")}
</%forms:form>

<h2>Blocked hosts</h2>
<p>A self-registered app is suspended while its metadata document or a redirect URI is at one of these hosts or a subdomain. It can’t get around this by registering again, and works again when you unblock the host.</p>
% if blocked:
<%show:table caption="Blocked hosts" heads="${['Host', 'Blocked', 'Apps', 'Change']}" numbers="${['Apps']}">
% for row in blocked:
<tr>
<td data-label="Host"><code class="wrap">${row.host}</code></td>
<td data-label="Blocked">${show.moment(row.blocked_at)}${f" by {row.blocked_by}" if row.blocked_by else ""}</td>
<td data-label="Apps" class="number">${count_text(row.clients)}</td>
<td data-label="Change" class="end">${forms.post("/admin/hosts/unblock", "Unblock", "quiet", row.host, blocked=row.host)}</td>
</tr>
% endfor
</%show:table>
% endif
<%forms:form action="/admin/hosts/block" of="${form if blocks else None}">
${forms.field(form, "blocked_host", "Host or scheme to block", autocomplete="off", maxlength=2000, hint="For example app.example.com, or com.example.app, the scheme of a redirect URI.")}
${forms.button("Block", "danger")}
</%forms:form>
