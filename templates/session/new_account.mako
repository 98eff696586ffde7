## The fields of a new account: for signing up, and for the first administrator.
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="fields(form)">
${forms.field(form, "email", "E-mail", type="email", autocomplete="username", maxlength=254, autofocus=True)}
${forms.field(form, "name", "Name", autocomplete="name", maxlength=100, required=False, hint="People who use an app of yours see this name.")}
${forms.field(form, "password", "Password", type="password", autocomplete="new-password", hint="At least 10 characters. A few words in a row make a good password.")}
</%def>
