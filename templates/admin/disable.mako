## Are you sure.
<%inherit file="/layout/admin.mako"/>
<%page args="user"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Disable ${user.name}?</%def>
<p>${user.email} is signed out everywhere and cannot sign in again. Every access this person gave to an app ends, with all its codes and tokens.</p>
<p>You can enable the account later. What ended does not come back: the person connects apps again. The apps that this person registered go on working for their users.</p>
<%sure:form action="/admin/users/${user.user_id}/disable" button="Disable the account" back="/admin/users/${user.user_id}">
</%sure:form>
