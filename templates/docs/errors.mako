## Every error that an app or an API can get (routes.developer.error_codes).
<%inherit file="/layout/docs.mako"/>
<%page args="place, in_redirects, in_answers, from_apis, in_detail"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>Errors are told as the RFCs say: <code>error</code> is the code, <code>error_description</code> says what is wrong with this request. Act on the code; show the description to developers only. What the answer may not tell, the page <strong>Activity</strong> of your app does.</p>
<h2>Answers of the endpoints</h2>
<p>JSON, from <code>/oauth/token</code>, <code>/oauth/revoke</code> and <code>/oauth/introspect</code>. The authorization endpoint sends some of them too, as parameters of the redirect.</p>
${codes("Answers of the endpoints", in_answers)}
<h2>Back from the authorization endpoint</h2>
<p>As <code>?error=…&amp;error_description=…&amp;state=…&amp;iss=…</code> of your redirect URI. An unknown <code>client_id</code> or a redirect URI that is not registered is shown to the user on a page instead, as nobody may be sent to an address that nobody registered.</p>
${codes("Errors in the redirect", in_redirects)}
<h2>Answers of an API</h2>
<p>From <code>/oauth/verify</code>, and every API that <a href="/developer/docs/tokens">asks it</a>: as JSON, and all but the 429 in the <code>WWW-Authenticate</code> header too (RFC 6750).</p>
${codes("Answers of an API", from_apis)}
<h2>What is wrong in detail</h2>
<p>As the page <strong>Activity</strong> of an app names it.</p>
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

<%def name="codes(caption, told)">
<%show:table caption="${caption}" heads="${['Code', 'Status', 'What it means', 'What to do']}">
% for code in told:
<tr>
<td data-label="Code" class="tight"><code>${code.error}</code></td>
<td data-label="Status" class="tight">${code.status}</td>
<td data-label="What it means">${code.meaning}</td>
<td data-label="What to do">${code.todo}</td>
</tr>
% endfor
</%show:table>
</%def>
