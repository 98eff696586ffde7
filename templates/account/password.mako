## Another password, for who knows the one of now.
<%inherit file="/layout/account.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%def name="title()">Password</%def>
<p>A new password signs out every other browser. Connected apps keep their access: you end that under <a href="/account/apps">Connected apps</a>.</p>
<%forms:form action="/account/password" of="${form}">
${account.own_email()}
${forms.field(form, "password", "Password now", type="password", autocomplete="current-password")}
${account.new_password(form, "new_password", "New password")}
${forms.button("Change password")}
</%forms:form>
