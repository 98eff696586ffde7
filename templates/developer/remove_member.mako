## Are you sure: a member goes, or an invitation is withdrawn.
<%inherit file="/layout/app.mako"/>
<%page args="app, member"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">\
% if member.accepted_at:
Remove ${member.name} from the team?\
% else:
Withdraw the invitation of ${member.email}?\
% endif
</%def>
% if member.accepted_at:
<p>${member.name} no longer sees ${app.name} from that moment. What they have copied they still have: change the client secret if they knew it.</p>
% else:
<p>They can no longer join the team of ${app.name}. You can invite them again.</p>
% endif
<%sure:form action="/developer/apps/${app.client_id}/team/${member.user_id}/remove" button="${'Remove' if member.accepted_at else 'Withdraw'}" back="/developer/apps/${app.client_id}/team"></%sure:form>
