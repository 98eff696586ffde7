## Are you sure.
<%inherit file="/layout/app.mako"/>
<%page args="app"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">End all tokens of ${app.name}?</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/danger</%def>
<p>Every code and token of this app ends at once\
% if app.users == 1:
, and the one user who is connected has to allow the app again\
% elif app.users:
, and each of the ${number(app.users)} users who are connected has to allow the app again\
% endif
. This cannot be undone. The client id and the secrets go on working.</p>
<%sure:form action="/developer/apps/${app.client_id}/end-tokens" button="End all tokens" back="/developer/apps/${app.client_id}/users"></%sure:form>
