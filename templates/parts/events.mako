## Events of the audit log as administrators see them (routes.events.ToldToAdmin).
<%namespace name="show" file="/parts/show.mako"/>

<%def name="table(caption, events)">
<%show:table caption="${caption}" heads="${['When', 'What', 'By whom', 'Concerning']}">
% for event in events:
<tr>
<td>${show.moment(event.at)}</td>
<td>${event.what}
% if event.details:
<p class="hint">${event.details}</p>
% endif
</td>
<td>${party(event.actor)}
% if event.address:
<p class="hint">from ${event.address}</p>
% endif
</td>
<td>
% if event.concerning:
<ul class="plain">
% for whom in event.concerning:
<li>${party(whom)}</li>
% endfor
</ul>
% endif
</td>
</tr>
% endfor
</%show:table>
</%def>

<%def name="party(whom)">\
% if whom and whom.path:
<a href="${whom.path}">${whom.name}</a>\
% elif whom:
${whom.name}\
% else:
–\
% endif
</%def>
