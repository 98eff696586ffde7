## Are you sure: a member goes.
<%inherit file="/layout/app.mako"/>
<%page args="app, member"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Remove ${member.name} from the team?</%def>
<p>${member.name} no longer sees ${app.name} from that moment. What they have copied they still have: change the client secret if they knew it.</p>
<%sure:form action="/developer/apps/${app.client_id}/team/${member.user_id}/remove" button="Remove" back="/developer/apps/${app.client_id}/team"></%sure:form>
