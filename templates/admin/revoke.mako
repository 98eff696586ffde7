## Asks for confirmation.
<%inherit file="/layout/admin.mako"/>
<%page args="user"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Revoke all access of ${user.name}?</%def>
<p>${user.email} is signed out everywhere, and all apps they connected are disconnected. You can’t undo this.</p>
<p>They can sign in and connect apps again.</p>
<%sure:form action="/admin/users/${user.user_id}/revoke" button="Revoke all access" back="/admin/users/${user.user_id}">
</%sure:form>
