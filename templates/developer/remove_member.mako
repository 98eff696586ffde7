## Asks for confirmation: a member is removed.
<%inherit file="/layout/app.mako"/>
<%page args="app, member"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Remove ${member.name} from the team?</%def>
<p>${member.name} loses access to ${app.name} immediately. If they know the client secret, change it.</p>
<%sure:form action="/developer/apps/${app.client_id}/team/${member.user_id}/remove" button="Remove" back="/developer/apps/${app.client_id}/team"></%sure:form>
