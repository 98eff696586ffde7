## Limits: the table of this server, and how an app sees where it stands.
<%inherit file="/layout/docs.mako"/>
<%page args="place, shared_from, of_apps, of_people, headers, sample, resets_in"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>A window starts with its first call and has a fixed length; further calls never extend it, and the whole number can be used at once. Over the limit the answer is <strong>429</strong> with <code>Retry-After</code> in seconds, never “invalid token”: keep the token and wait.</p>
<h2>Limits of an app</h2>
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
<p>Only requests authenticated as your app count, so nobody else can use up your limit. While more than one person uses your app, each gets at most the <code>share</code> of its calls, from ${number(shared_from)} calls per hour. Administrators can set other numbers for an app. <strong>Usage</strong> shows the limits of your app.</p>
<h2>Where you stand</h2>
<p>Responses of <code>/oauth/token</code>, and successful ones of an API, carry two headers (draft-ietf-httpapi-ratelimit-headers):</p>
<%code:block language="http">
\
% for name, value in headers:
${name}: ${value}
% endfor

</%code:block>
<p>In this example the limit <code>${sample.name}</code> is ${number(sample.most)} in ${number(sample.seconds)} seconds, ${number(sample.left)} are left, and the window ends in ${number(sample.resets_in)} seconds (${resets_in}).</p>
<h2>Staying below</h2>
<ul>
<li>Keep an access token until it expires; do not fetch one for each call.</li>
<li>After a 429 wait as long as <code>Retry-After</code> says, plus a random delay, so that your workers don’t all return at the same time.</li>
<li>Slow down as <code>r</code> approaches 0, instead of waiting for the 429.</li>
</ul>
<h2>Limits of people and addresses</h2>
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
