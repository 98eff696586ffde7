## Are you sure.
<%inherit file="/layout/admin.mako"/>
<%page args="user"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">End all access of ${user.name}?</%def>
<p>${user.email} is signed out everywhere, and every access this person gave to an app ends, with all its codes and tokens. This cannot be undone.</p>
<p>The account stays: the person can sign in and connect apps again.</p>
<%forms:form action="/admin/users/${user.user_id}/revoke">
<div class="actions">
${forms.button("End all access", "danger")}
<a href="/admin/users/${user.user_id}">Cancel</a>
</div>
</%forms:form>
