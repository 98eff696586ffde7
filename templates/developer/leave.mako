## Asks for confirmation: a member leaves.
<%inherit file="/layout/app.mako"/>
<%page args="app, is_member"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Leave the team of ${app.name}?</%def>
% if is_member:
<p>You lose access to the app immediately. To come back, its owner, ${app.owner_name}, has to invite you again.</p>
<%sure:form action="/developer/apps/${app.client_id}/team/leave" button="Leave the team" back="/developer/apps/${app.client_id}/team"></%sure:form>
% else:
<p>You aren’t a member of this team\
% if app.owner_id == request.user.user_id:
, but its owner. To leave, transfer the app to a member first\
% endif
.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/team">Back to the team</a></p>
% endif
