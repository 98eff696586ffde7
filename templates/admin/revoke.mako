## Are you sure.
<%inherit file="/layout/admin.mako"/>
<%page args="user"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">End all access of ${user.name}?</%def>
<p>${user.email} is signed out everywhere, and every access this person gave to an app ends, with all its codes and tokens. This cannot be undone.</p>
<p>The account stays: the person can sign in and connect apps again.</p>
<%sure:form action="/admin/users/${user.user_id}/revoke" button="End all access" back="/admin/users/${user.user_id}">
</%sure:form>
