## An account for someone else. They choose a password by a link that the next page shows.
<%inherit file="/layout/admin.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Add a user</%def>
<p>You’ll get a one-time link to send them. They use it to choose a password, and can then sign in.</p>
<%forms:form action="/admin/users" of="${form}">
${forms.field(form, "email", "Email", type="email", maxlength=254, autocomplete="off", autofocus=True)}
${forms.field(form, "name", "Name", maxlength=100, autocomplete="off", required=False, hint="If you leave it empty, the part of the email before the @ is used.")}
<div class="actions">
${forms.button("Add the user")}
<a href="/admin/users">Cancel</a>
</div>
</%forms:form>
