## Events of the audit log as administrators see them (routes.events.ToldToAdmin).
<%namespace name="show" file="/parts/show.mako"/>

<%def name="table(caption, events)">
<%show:table caption="${caption}" heads="${['When', 'What', 'By whom', 'User', 'App or API', 'From', 'Details']}">
% for event in events:
<tr>
<td>${show.moment(event.at)}</td>
<td>${event.what}</td>
<td>${party(event.actor)}</td>
<td>${party(event.user)}</td>
<td>${party(event.client)}</td>
<td>${event.address}</td>
<td>${event.details}</td>
</tr>
% endfor
</%show:table>
</%def>

<%def name="party(whom)">\
% if whom and whom.path:
<a href="${whom.path}">${whom.name}</a>\
% elif whom:
${whom.name}\
% endif
</%def>
