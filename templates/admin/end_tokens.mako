## Are you sure.
<%inherit file="/layout/admin.mako"/>
<%page args="app"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">End all tokens of ${app.name}?</%def>
<p>Every code and token of this app ends at once, for every user\
% if app.users:
 (${number(app.users)} connected now)\
% endif
. This cannot be undone: each user has to allow the app again.</p>
<p>To stop the app for a while only, <a href="/admin/apps/${app.client_id}/suspend">suspend it</a> instead: then nothing is lost.</p>
<%sure:form action="/admin/apps/${app.client_id}/end-tokens" button="End all tokens" back="/admin/apps/${app.client_id}">
</%sure:form>
