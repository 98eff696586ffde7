## Limits: the table of this server, and how an app sees where it stands.
<%inherit file="/layout/docs.mako"/>
<%page args="place, shared_from, of_apps, of_people, headers, sample_window, resets_in"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>A window starts with its first call and has a fixed length. Further calls never extend it, and the whole number can be used at once. Over the limit the answer is <strong>429</strong> with <code>Retry-After</code> in seconds, never “invalid token”: keep the token and wait.</p>
${guide.heading("Limits of an app")}
${table("Limits of an app", of_apps)}
<p>Only requests authenticated as your app count, so nobody else can use up your limit. While more than one person uses your app, each gets at most the <code>share</code> of its calls, from ${number(shared_from)} calls per hour. Administrators can set other numbers for an app: <strong>Usage</strong> shows yours.</p>
${guide.heading("Where you stand")}
<p>Responses of <code>/oauth/token</code>, and successful ones of an API, carry two headers (draft-ietf-httpapi-ratelimit-headers):</p>
<%code:block language="http" id="headers">
% for name, value in headers:
${name}: ${value}
% endfor
</%code:block>
<p>Here the limit <code>${sample_window.name}</code> is ${number(sample_window.most)} in ${number(sample_window.seconds)} seconds, ${number(sample_window.left)} are left, and the window ends in ${number(sample_window.resets_in)} seconds (${resets_in}).</p>
${guide.heading("Stay below")}
<ul>
<li>Keep an access token until it expires; don’t get one for each call.</li>
<li>After a 429 wait as long as <code>Retry-After</code> says, plus a random delay, so that your workers don’t all return at the same time.</li>
<li>Slow down as <code>r</code> approaches 0, instead of waiting for the 429.</li>
</ul>
${guide.heading("Limits of people and addresses")}
${table("Limits of people", of_people)}

<%def name="table(caption, rows)">
<%show:table caption="${caption}" heads="${['Limit', 'At most', 'In', 'What counts']}">
% for name, most, window, counts in rows:
<tr>
<td data-label="Limit" class="tight"><code>${name}</code></td>
<td data-label="At most">${most}</td>
<td data-label="In" class="tight">${window}</td>
<td data-label="What counts">${counts}</td>
</tr>
% endfor
</%show:table>
</%def>
