## Are you sure.
<%inherit file="/layout/admin.mako"/>
<%page args="user"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Disable ${user.name}?</%def>
<p>${user.email} is signed out everywhere and cannot sign in again. Every access this person gave to an app ends, with all its codes and tokens.</p>
<p>You can enable the account later. What ended does not come back: the person connects apps again. The apps that this person registered go on working for their users.</p>
<%forms:form action="/admin/users/${user.user_id}/disable">
<div class="actions">
${forms.button("Disable the account", "danger")}
<a href="/admin/users/${user.user_id}">Cancel</a>
</div>
</%forms:form>
