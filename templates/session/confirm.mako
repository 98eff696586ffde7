## The password again, before something that matters; what was posted waits in hidden fields.
<%inherit file="/layout/frame.mako"/>
<%page args="form, action, kept"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%def name="title()">Enter your password</%def>
<%def name="kind()">narrow</%def>
<p>You signed in more than 15 minutes ago. To make sure that it is you, enter your password; then what you asked for is done.</p>
<%forms:form action="${action}" of="${form}">
% for name, value in kept:
${forms.hidden(name, value)}
% endfor
${account.own_email()}
${forms.field(form, "confirm_password", "Password", type="password", autocomplete="current-password", autofocus=True)}
${forms.button("Continue")}
</%forms:form>
