## Changing the password, which takes the current one.
<%inherit file="/layout/account.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%def name="title()">Password</%def>
<p>A new password signs out every other browser.</p>
<%forms:form action="/account/password" of="${form}">
${account.own_email()}
${forms.field(form, "password", "Current password", type="password", autocomplete="current-password")}
${account.new_password(form, "new_password", "New password")}
${account.disconnects(form)}
${forms.button("Change password")}
</%forms:form>
