## Are you sure.
<%inherit file="/layout/app.mako"/>
<%page args="app"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Revoke all tokens of ${app.name}?</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/danger</%def>
<p>Every code and token of this app is revoked immediately\
% if app.users == 1:
, and the connected user has to connect again\
% elif app.users:
, and all ${number(app.users)} connected users have to connect again\
% endif
. You can’t undo this. The client ID and the secrets keep working.</p>
<%sure:form action="/developer/apps/${app.client_id}/end-tokens" button="Revoke all tokens" back="/developer/apps/${app.client_id}/users"></%sure:form>
