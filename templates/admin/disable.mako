## Asks for confirmation.
<%inherit file="/layout/admin.mako"/>
<%page args="user"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Disable ${user.name}?</%def>
<p>${user.email} is signed out everywhere and can’t sign in again. All apps they connected are disconnected.</p>
<p>You can enable the account later; they then have to connect apps again. The apps they registered keep working for users who are connected.</p>
<%sure:form action="/admin/users/${user.user_id}/disable" button="Disable the user" back="/admin/users/${user.user_id}">
</%sure:form>
