## What was refused of one app: what it sent itself, and apart from that what anybody can have sent in its name.
<%inherit file="/layout/app.mako"/>
<%page args="app, problem, filters, here, own, others"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Activity of ${app.name}</%def>
<p class="lead">Every request that was refused in the last 30 days, what was wrong with it, and how to fix it. No secret, code, token or state is ever kept.</p>
% if len(filters) > 1:
${show.tabs_at("What was wrong", [(filter.href, filter.words) for filter in filters], "chips", here)}
% endif

<h2 id="own">Requests your app made</h2>
% if app.type == "public":
<p>They came with a code or token that was given to your app. A public app has no other proof, so whatever else it sends stands in the second list.</p>
% else:
<p>They were sent with the app’s secret, or with a token of its own.</p>
% endif
<%self:part caption="Requests your app made" of="${own}" nothing="Nothing your app sent was refused.">
<p>Is something wrong all the same? <a href="/developer/apps/${app.client_id}/doctor">Let the doctor look at the set-up</a>.</p>
</%self:part>

<h2 id="others">From browsers and unknown senders</h2>
<p>Anybody can send these with the app’s client id, which is no secret: they prove nothing about your app or its users. What is alike is counted together, and addresses are cut. Only what came from the browser of a signed-in developer of this app says so.</p>
<%self:part caption="From browsers and unknown senders" of="${others}" nothing="Nothing was refused.">
<p>Open your app’s sign-in once: if its request is not right, this page says why.</p>
</%self:part>

## One of the two tables, or why it is empty; the caller's body is what to do when there is nothing at all.
<%def name="part(caption, of, nothing)">
% if of.rows:
<%show:table caption="${caption}" heads="${['Last seen', 'Where', 'What was wrong', 'Sent from']}">
% for row in of.rows:
<tr>
<td data-label="Last seen">${show.moment(row.last_at)}${often(row)}</td>
<td data-label="Where">${place(row)}</td>
<td data-label="What was wrong">${reason(row)}</td>
<td data-label="Sent from">${sender(row)}</td>
</tr>
% endfor
</%show:table>
${show.pagination(of.newer, of.older)}
% elif of.newer:
<p>There is nothing older. <a href="${of.newer}">Back to the newest</a></p>
% elif context["problem"]:
<p>None of them was refused for this.</p>
% else:
<%show:empty text="${nothing}">
${caller.body()}
</%show:empty>
% endif
</%def>

<%def name="often(row)">\
% if row.times > 1:
<p class="hint">${number(row.times)} times, first ${show.moment(row.first_at)}</p>
% endif
</%def>

<%def name="place(row)">${row.asked_for}
<p class="hint"><code>${row.endpoint}</code></p>
</%def>

<%def name="reason(row)">
<p><strong>${row.problem.what}</strong></p>
% if row.difference:
${uris(row.difference)}
% elif row.sent:
<p>Sent: <code class="wrap">${row.sent}</code></p>
% endif
<p>${row.problem.fix}</p>
% if row.add:
<p><a href="${row.add}">Add this URI</a> <span class="hint">if it is yours: you decide in the settings.</span></p>
% endif
</%def>

<%def name="sender(row)">\
% if row.developer:
${row.developer}, signed in\
% if row.address:
<p class="hint">${row.address}</p>
% endif
% else:
${row.address or ("an API" if row.endpoint == "/oauth/verify" else "unknown")}\
% endif
</%def>

## What differs is told by words and lines, not by colour alone.
<%def name="uris(difference)">
<dl class="difference">
<dt>Sent</dt>
<dd><code class="wrap">\
% for piece in difference.sent:
% if piece.differs:
<del>${piece.text}</del>\
% else:
${piece.text}\
% endif
% endfor
</code></dd>
<dt>Registered</dt>
<dd><code class="wrap">\
% for piece in difference.registered:
% if piece.differs:
<ins>${piece.text}</ins>\
% else:
${piece.text}\
% endif
% endfor
</code></dd>
</dl>
</%def>
