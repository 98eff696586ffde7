## The fields of an account; `of` is a routes.forms.Form.
<%namespace name="forms" file="/parts/form.mako"/>

## For signing up, and for the first administrator.
<%def name="fields(of)">
${forms.field(of, "email", "Email", type="email", autocomplete="username", maxlength=254, autofocus=True)}
${own_name(of, required=False)}
${new_password(of, "password", "Password")}
</%def>

<%def name="own_name(of, required=True, warning='')">
${forms.field(of, "name", "Name", autocomplete="name", maxlength=100, required=required, hint="People who use your apps see this name." + warning)}
</%def>

<%def name="new_password(of, name, label)">
${forms.field(of, name, label, type="password", autocomplete="new-password", hint="At least 10 characters. Three or four random words make a good password.")}
</%def>

## Connected apps keep their access with a new password, unless this is ticked.
<%def name="disconnects(of)">
${forms.tick(of, "disconnects", "Also disconnect all apps", hint="Choose this if someone else may know your password. You can connect apps again later.")}
</%def>

## The account the password belongs to, for password managers.
<%def name="own_email()">
${fixed_email(request.user.email)}
</%def>

<%def name="fixed_email(email)">
<div class="field">
<label for="own-email">Email</label>
<input type="email" id="own-email" value="${email}" autocomplete="username" readonly>
</div>
</%def>
