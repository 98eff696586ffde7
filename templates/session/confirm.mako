## The password again, before something that matters; what was posted waits in hidden fields.
<%inherit file="/layout/frame.mako"/>
<%page args="form, action, kept"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Enter your password</%def>
<p>You signed in more than 15 minutes ago. To make sure that it is you, enter your password; then what you asked for is done.</p>
<%forms:form action="${action}" of="${form}">
% for name, value in kept:
${forms.hidden(name, value)}
% endfor
<div class="field">
<label for="confirm-user">E-mail</label>
<input type="email" id="confirm-user" value="${visitor.user.email}" autocomplete="username" readonly>
</div>
${forms.field(form, "confirm_password", "Password", type="password", autocomplete="current-password", autofocus=True)}
${forms.button("Continue")}
</%forms:form>
