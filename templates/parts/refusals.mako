## What pages show of a refused request: an activity.RefusalLine.
<%namespace name="show" file="/parts/show.mako"/>

<%def name="often(row)">\
% if row.count > 1:
<p class="hint">${number(row.count)} times, first ${show.moment(row.first_at)}</p>
% endif
</%def>

<%def name="place(line)">${line.endpoint}
<p class="hint"><code>${line.row.endpoint}</code></p>
</%def>

<%def name="reason(line)">
<p><strong>${line.problem.what}</strong></p>
% if line.difference:
${uris(line.difference)}
% elif line.row.sent:
<p>Parameter: <code class="wrap">${line.row.sent}</code></p>
% endif
<p>${line.problem.fix}</p>
% if line.add:
<p><a href="${line.add}">Add this URI</a> <span class="hint">if it is yours. You confirm in the settings.</span></p>
% endif
</%def>

<%def name="sender(line)">\
% if line.developer:
${line.developer}, signed in\
% if line.row.address:
<p class="hint">${line.row.address}</p>
% endif
% else:
${line.row.address or ("an API" if line.row.endpoint in ("/oauth/verify", "/oauth/introspect") else "unknown")}\
% endif
</%def>

## Differences are marked by text and lines, not by color alone.
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

## What the sender got; a redirect has no status of an error.
<%def name="response(line)">\
% if line.row.status:
<p class="tight">${line.row.status} <code>${line.row.error}</code></p>
% endif
</%def>

## The ID of the last one leads to a page of its own.
<%def name="request_id(line)">
% if line.row.request_ids:
<p class="hint"><a href="/developer/errors/${line.row.request_ids[0]}"><code class="wrap">${line.row.request_ids[0]}</code></a></p>
% endif
</%def>
