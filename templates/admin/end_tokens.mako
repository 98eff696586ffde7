## Asks for confirmation.
<%inherit file="/layout/admin.mako"/>
<%page args="app"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Revoke all tokens of ${app.name}?</%def>
<p>Every code and token of this app is revoked immediately, for every user\
% if app.users:
 (${number(app.users)} connected now)\
% endif
. You can’t undo this: each user has to connect the app again.</p>
<p>To stop the app for a while, <a href="/admin/apps/${app.client_id}/suspend">suspend it</a> instead: its tokens then work again later.</p>
<%sure:form action="/admin/apps/${app.client_id}/end-tokens" button="Revoke all tokens" back="/admin/apps/${app.client_id}">
</%sure:form>
