## What developers added to an approved app, beside what is in force; `changes` are routes.proposals.Proposed.
<%namespace name="show" file="/parts/show.mako"/>

<%def name="table(changes)">
<%show:table caption="Proposed changes" heads="${['Field', 'In force', 'Proposed']}">
% for change in changes:
<tr>
<td data-label="Field">${change.label}</td>
<td data-label="In force">${"the current logo, if any" if change.picture else lines(change.current)}</td>
<td data-label="Proposed">\
% if change.picture:
<img class="logo" src="${change.picture}" alt="The proposed logo" width="48" height="48">\
% else:
${lines(change.proposed)}\
% endif
</td>
</tr>
% endfor
</%show:table>
</%def>

<%def name="lines(found)">
<ul class="plain">
% for line in found:
<li><code class="wrap">${line.text}</code>\
% if line.is_new:
 ${show.tag("new", "warn")}\
% endif
</li>
% endfor
</ul>
</%def>
