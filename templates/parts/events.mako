## Events of the audit log as administrators see them (routes.events.ToldToAdmin).
<%namespace name="show" file="/parts/show.mako"/>

<%def name="table(caption, events)">
<%show:table caption="${caption}" heads="${['When', 'What', 'By whom', 'Concerning']}">
% for event in events:
<tr>
<td data-label="When">${show.moment(event.at)}</td>
<td data-label="What">${event.what}
% if event.details:
<p class="hint">${event.details}</p>
% endif
</td>
<td data-label="By whom">${party(event.actor)}
% if event.address:
<p class="hint">from ${event.address}</p>
% endif
</td>
<td data-label="Concerning">
% if event.concerning:
<ul class="plain">
% for whom in event.concerning:
<li>${party(whom)}</li>
% endfor
</ul>
% else:
–
% endif
</td>
</tr>
% endfor
</%show:table>
</%def>

<%def name="party(whom)">\
% if whom.path:
<a href="${whom.path}">${whom.name}</a>\
% else:
${whom.name}\
% endif
</%def>
