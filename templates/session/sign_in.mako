<%inherit file="/layout/frame.mako"/>
<%page args="form, r, waiting, continue_address, signup_address"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Sign in</%def>
<%def name="kind()">narrow</%def>
% if waiting:
<p>Continue to <strong><bdi>${waiting}</bdi></strong> with your ${brand.name} account. The app doesn’t see your password.</p>
% endif
% if request.visitor and continue_address:
<p>You’re signed in as <strong>${request.visitor.email}</strong>.</p>
<p><a class="button" href="${continue_address}">Continue as ${request.visitor.email}</a></p>
<p>Or sign in with another account:</p>
% elif request.visitor:
<p>You’re signed in as <strong>${request.visitor.email}</strong>. Enter your password again to continue.</p>
% endif
<%forms:form action="/login" of="${form}">
${forms.hidden("r", r)}
${forms.field(form, "email", "Email", type="email", autocomplete="username", maxlength=254, autofocus=not form.get("email"))}
${forms.field(form, "password", "Password", type="password", autocomplete="current-password", autofocus=bool(form.get("email")))}
${forms.button("Sign in")}
</%forms:form>
% if signup_address:
<p>No account yet? <a href="${signup_address}">Create one</a>.</p>
% endif
<p class="hint">Forgot your password? \
% if brand.support_url:
<a href="${brand.support_url}">Ask for a link</a>\
% else:
Ask an administrator for a link\
% endif
 to choose a new one.</p>
