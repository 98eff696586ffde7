## Apps that register themselves: by host, their initial access tokens, and the listed redirect URIs.
<%inherit file="/layout/admin.mako"/>
<%page args="mode, form, hosts, blockable, most, tokens, more, uris"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Self-registered apps</%def>
% if mode == "off":
<p class="notice">Apps can’t register themselves. To let them, set <code>OAUTHSRV_REGISTRATION</code> to <code>token</code> or <code>open</code> and restart the server.</p>
% elif mode == "token":
<p>Apps can register themselves with an initial access token from this page (RFC 7591)${", and then wait for approval unless the token approves them" if request.reviews_apps else ""}.</p>
% else:
<p>Any app can register itself (RFC 7591). An app is deleted after a day if nobody connects it, and after 90 days without use.</p>
% endif
<p>They can request only <a href="/admin/scopes">scopes that are open to self-registered apps</a>.</p>

<h2>By host</h2>
<p>The hosts and schemes that users return to. An app with several is counted under each. Apps whose host you <a href="/admin/hosts">block</a> can’t register.</p>
<%filter:form action="/admin/registration">
${filter.text(form, "q", "Host")}
</%filter:form>
% if hosts:
<%show:table caption="Hosts" heads="${['Host', 'Apps', 'Ever connected', 'Latest', 'Delete']}" numbers="${['Apps', 'Ever connected']}">
% for one in hosts:
<tr>
<td data-label="Host"><a href="/admin/apps?host=${quote(one.host, safe='')}">${one.host}</a></td>
<td data-label="Apps" class="number">${number(one.clients)}</td>
<td data-label="Ever connected" class="number">${number(one.used)}</td>
<td data-label="Latest">${show.moment(one.last_at)}</td>
<td data-label="Delete" class="end">\
% if one.is_being_removed:
being deleted\
% else:
% if blockable(one.host):
<p><a href="/admin/hosts?block=${quote(blockable(one.host), safe='')}#blocked_host">Block<span class="unseen"> ${one.host}</span></a></p>
% endif
${forms.post("/admin/registration/hosts/delete", "Delete all", "danger", "of " + one.host, host=one.host)}\
% endif
</td>
</tr>
% endfor
</%show:table>
<p><a href="/admin/registration/hosts.csv">Download as CSV</a></p>
% if len(hosts) == most:
<p class="hint">Only the ${number(most)} hosts with the most apps are shown. Search for others.</p>
% endif
% elif form.get("q"):
<%show:empty text="No host matches.">
<p><a href="/admin/registration">Show all hosts</a></p>
</%show:empty>
% else:
<%show:empty text="No app has registered itself yet.">
<p><a href="/admin/apps">All apps</a></p>
</%show:empty>
% endif

<h2>Initial access tokens</h2>
<p>Give one to a partner whose apps register themselves. Revoking it doesn’t affect apps already registered.</p>
<p class="actions"><a class="button" href="/admin/registration/tokens/new">Create a token</a></p>
% if tokens:
<%show:table caption="Initial access tokens" heads="${['Name', 'Ends in', 'Apps', 'Last used', 'Expires', 'Revoke']}" numbers="${['Apps']}">
% for token in tokens:
<tr>
<td data-label="Name">${token.name}
% if token.approves:
${show.tag("approves apps")}
% endif
<p class="hint">by ${token.maker_name or "the command line"}, ${show.moment(token.made_at)}</p>
</td>
<td data-label="Ends in" class="wide"><code>${token.hint}</code></td>
<td data-label="Apps" class="number">${number(token.clients)}</td>
<td data-label="Last used" class="wide">${show.moment_or(token.last_used_at, "never")}</td>
<td data-label="Expires">${"expired " if token.expired else ""}${show.moment(token.expires_at)}</td>
<td data-label="Revoke" class="end">${forms.post(f"/admin/registration/tokens/{token.token_id}/revoke", "Revoke", "danger", token.name)}</td>
</tr>
% endfor
</%show:table>
${show.pagination(*more)}
<p><a href="/admin/registration/tokens.csv">Download as CSV</a></p>
% endif

<h2>Listed redirect URIs</h2>
<p>Any program can claim a scheme without a dot, so public apps can register only the listed addresses with one. Their users are asked every time.</p>
% if uris:
<ul class="plain">
% for uri in uris:
<li><code class="wrap">${uri}</code></li>
% endfor
</ul>
% else:
<p class="muted">None.</p>
% endif
<p class="actions"><a class="button" href="/admin/registration/uris">Edit the list</a></p>
