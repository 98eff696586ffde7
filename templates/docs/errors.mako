## Every error that an app or an API can get.
<%inherit file="/layout/docs.mako"/>
<%page args="place, by_redirect, by_endpoints, by_apis, in_detail"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>Errors follow the RFCs: <code>error</code> is the code, <code>error_description</code> says what is wrong with this request. Act on the code; show the description to developers only. <strong>Activity</strong> of your app shows details that the response may not contain.</p>
<h2>Responses of the endpoints</h2>
<p>JSON, from <code>/oauth/token</code>, <code>/oauth/revoke</code>, <code>/oauth/introspect</code>, <code>/oauth/par</code>, <code>/oauth/device_authorization</code> and <code>/oauth/register</code>. The authorization endpoint sends some of them too, as parameters of the redirect.</p>
${codes("Responses of the endpoints", by_endpoints)}
<h2>In the redirect from the authorization endpoint</h2>
<p>As <code>?error=…&amp;error_description=…&amp;state=…&amp;iss=…</code> of your redirect URI. An unknown <code>client_id</code> or a redirect URI that isn’t registered gets an error page instead: users are redirected to registered addresses only.</p>
${codes("Errors in the redirect", by_redirect)}
<h2>Responses of an API</h2>
<p>From <code>/oauth/verify</code> and every API that <a href="/developer/docs/tokens">uses it</a>: JSON, and all but the 429 also in the <code>WWW-Authenticate</code> header (RFC 6750).</p>
${codes("Responses of an API", by_apis)}
<h2>Causes in detail</h2>
<p>As <strong>Activity</strong> of an app shows them.</p>
% for heading, problems in in_detail.items():
<details>
<summary>${heading}</summary>
<%show:table caption="${heading}" heads="${['What was wrong', 'What to do']}">
% for problem in problems.values():
<tr>
<td data-label="What was wrong">${problem.what}</td>
<td data-label="What to do">${problem.fix}</td>
</tr>
% endfor
</%show:table>
</details>
% endfor

<%def name="codes(caption, rows)">
<%show:table caption="${caption}" heads="${['Code', 'Status', 'What it means', 'What to do']}">
% for error, status, meaning, todo in rows:
<tr>
<td data-label="Code" class="tight"><code>${error}</code></td>
<td data-label="Status" class="tight">${status}</td>
<td data-label="What it means">${meaning}</td>
<td data-label="What to do">${todo}</td>
</tr>
% endfor
</%show:table>
</%def>
