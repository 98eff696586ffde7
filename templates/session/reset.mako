## The page of a one-time link that an administrator created for a user who forgot their password.
<%inherit file="/layout/frame.mako"/>
<%page args="form, email"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%def name="title()">Choose a new password</%def>
<%def name="kind()">narrow</%def>
<p>Every browser will be signed out. This link then stops working.</p>
<%forms:form action="/reset" of="${form}">
${forms.hidden("link", form.get("link"))}
${account.fixed_email(email)}
${account.new_password(form, "new_password", "New password")}
${account.disconnects(form)}
${forms.button("Change password")}
</%forms:form>
