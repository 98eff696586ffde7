## Limits: the table of this server, and how an app sees where it stands.
<%inherit file="/layout/docs.mako"/>
<%page args="place, shared_from, of_apps, of_people, headers, sample, resets_in"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>A window begins with its first call and ends by itself; the whole number can be used at once. A used-up limit is a <strong>429</strong> with <code>Retry-After</code> in seconds, never “invalid token”: keep the token, and wait.</p>
<h2>Of an app</h2>
<%show:table caption="Limits of an app" heads="${['Limit', 'At most', 'In', 'What counts']}">
% for name, most, window, counts in of_apps:
<tr>
<td data-label="Limit" class="tight"><code>${name}</code></td>
<td data-label="At most">${most}</td>
<td data-label="In" class="tight">${window}</td>
<td data-label="What counts">${counts}</td>
</tr>
% endfor
</%show:table>
<p>Only requests that prove to be your app’s count, so nobody else can use up your limit. While more than one person uses your app, each gets at most the <code>share</code> of its calls, from ${number(shared_from)} calls per hour. Administrators can set other numbers for an app. The page <strong>Usage</strong> of your app shows what holds for it.</p>
<h2>Where you stand</h2>
<p>Answers of <code>/oauth/token</code>, and good ones of an API, carry two headers (draft-ietf-httpapi-ratelimit-headers):</p>
<pre tabindex="0"><code>\
% for name, value in headers:
${name}: ${value}
% endfor
</code></pre>
<p>Here the limit <code>${sample.name}</code> is ${number(sample.most)} in ${number(sample.seconds)} seconds, ${number(sample.left)} are left, and the window ends in ${number(sample.resets_in)} seconds (${resets_in}).</p>
<h2>Staying below</h2>
<ul>
<li>Keep an access token until it expires; do not fetch one for each call.</li>
<li>After a 429 wait as long as <code>Retry-After</code> says, plus a random moment, so that your workers do not all come back at once.</li>
<li>Slow down while <code>r</code> goes towards 0, instead of waiting for the 429.</li>
</ul>
<h2>Of people</h2>
<%show:table caption="Limits of people" heads="${['Limit', 'At most', 'In', 'What counts']}">
% for name, most, window, counts in of_people:
<tr>
<td data-label="Limit" class="tight"><code>${name}</code></td>
<td data-label="At most">${most}</td>
<td data-label="In" class="tight">${window}</td>
<td data-label="What counts">${counts}</td>
</tr>
% endfor
</%show:table>
