<%inherit file="/layout/frame.mako"/>
<%page args="form, next_path, signup_address"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Sign in</%def>
<%def name="kind()">narrow</%def>
% if visitor.user:
<p>You are signed in as ${visitor.user.email}. Enter your password again to go on.</p>
% endif
<%forms:form action="/login" of="${form}">
${forms.hidden("next", next_path)}
${forms.field(form, "email", "E-mail", type="email", autocomplete="username", maxlength=254, autofocus=not form.get("email"))}
${forms.field(form, "password", "Password", type="password", autocomplete="current-password", autofocus=bool(form.get("email")))}
${forms.button("Sign in")}
</%forms:form>
% if signup_address:
<p>No account yet? <a href="${signup_address}">Create one</a>.</p>
% endif
