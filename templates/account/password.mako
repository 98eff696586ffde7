<%inherit file="/layout/account.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Password</%def>
<p>A new password signs out every other browser. Connected apps keep their access.</p>
<%forms:form action="/account/password" of="${form}">
<div class="field">
<label for="account-email">E-mail</label>
<input type="email" id="account-email" value="${visitor.user.email}" autocomplete="username" readonly>
</div>
${forms.field(form, "password", "Password now", type="password", autocomplete="current-password")}
${forms.field(form, "new_password", "New password", type="password", autocomplete="new-password", hint="At least 10 characters. A few words in a row make a good password.")}
${forms.button("Change password")}
</%forms:form>
