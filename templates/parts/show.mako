## What pages show: links of a navigation, times, tables, empty states, pagination.

## `aria-current` where the visitor is at `href` or below it.
<%def name="nav_link(href, label)">\
<a href="${href}"\
% if visitor.path == href or visitor.path.startswith(href + "/"):
 aria-current="page"\
% endif
>${label}</a>
</%def>

<%def name="moment(at)"><time datetime="${at.isoformat()}">${moment_text(at)}</time></%def>

## A word with a colour: kind is good, warn, bad or plain.
<%def name="tag(label, kind='plain')"><span class="tag ${kind}">${label}</span></%def>

## A table: heads are the column titles, the caller's body its rows. Each cell names its column
## in data-label, which is shown where the screen is too narrow for columns.
<%def name="table(caption, heads)">
<div class="table" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>
% for head in heads:
<th scope="col">${head}</th>
% endfor
</tr></thead>
<tbody>
${caller.body()}
</tbody>
</table>
</div>
</%def>

## Nothing there yet: what would be here; the caller's body is what to do.
<%def name="empty(text)">
<div class="empty">
<p>${text}</p>
${caller.body()}
</div>
</%def>

## Addresses of the pages before and after, or None.
<%def name="pagination(newer, older)">
% if newer or older:
<nav class="pagination" aria-label="Pages">
% if newer:
<a href="${newer}" rel="prev">Newer</a>
% endif
% if older:
<a href="${older}" rel="next">Older</a>
% endif
</nav>
% endif
</%def>
