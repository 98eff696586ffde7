## Every error that an app or an API can get; each code can be linked to.
<%inherit file="/layout/docs.mako"/>
<%page args="place, by_redirect, by_endpoints, by_apis, in_detail"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>Act on <code>error</code>, the code. <code>error_description</code> says what is wrong with this request: show it to developers only. <code>error_uri</code> leads to a page about this request, where your app’s team sees details that the response may not contain; <strong>Activity</strong> of your app lists all of them.</p>
<p>Every response has an <code>X-Request-Id</code>. Log it: Activity finds requests by it.</p>
${guide.heading("Responses of the endpoints")}
<p>JSON, from the endpoints for tokens, revocation, introspection, pushed requests, devices and registration. The authorization endpoint sends some of them too, in the redirect.</p>
${codes("Responses of the endpoints", by_endpoints)}
${guide.heading("In the redirect")}
<p>The authorization endpoint adds <code>error</code>, <code>error_description</code>, <code>state</code> and <code>iss</code> to your redirect URI. If the client ID is unknown or the redirect URI isn’t registered, the user gets an error page instead: users are redirected to registered addresses only.</p>
${codes("Errors in the redirect", by_redirect)}
${guide.heading("Responses of an API")}
<p>JSON from <code>/oauth/verify</code> and every API that <a href="/developer/docs/tokens">uses it</a>. All but the 429 are also in the <code>WWW-Authenticate</code> header (RFC 6750).</p>
${codes("Responses of an API", by_apis)}
${guide.heading("Causes in detail")}
<p>As <strong>Activity</strong> of an app shows them.</p>
% for heading, problems in in_detail.items():
<details>
<summary>${heading}</summary>
<%show:table caption="${heading}" heads="${['What was wrong', 'What to do']}">
% for name, problem in problems.items():
<tr id="cause-${name}">
<td data-label="What was wrong">${problem.what}</td>
<td data-label="What to do">${problem.fix}</td>
</tr>
% endfor
</%show:table>
</details>
% endfor

<%def name="codes(caption, rows)">
<%show:table caption="${caption}" heads="${['Code', 'Status', 'What it means', 'What to do']}">
% for row in rows:
<tr id="${row.anchor}">
<td data-label="Code" class="tight"><code>${row.code}</code></td>
<td data-label="Status" class="tight">${row.status}</td>
<td data-label="What it means">${row.meaning}</td>
<td data-label="What to do">${row.fix}</td>
</tr>
% endfor
</%show:table>
</%def>
