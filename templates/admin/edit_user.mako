## The email and name of an account.
<%inherit file="/layout/admin.mako"/>
<%page args="user, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Edit ${user.name}</%def>
<%forms:form action="/admin/users/${user.user_id}/edit" of="${form}">
${forms.field(form, "email", "Email", type="email", maxlength=254, autocomplete="off", hint="They’ll sign in with the new email. Their sessions and connected apps aren’t affected.")}
${forms.field(form, "name", "Name", maxlength=100, autocomplete="off", hint="Shown on the consent pages of their apps. If you change it, those apps lose their verification.")}
<div class="actions">
${forms.button("Save")}
<a href="/admin/users/${user.user_id}">Cancel</a>
</div>
</%forms:form>
