## Asks for the password again; the posted form waits in hidden fields.
<%inherit file="/layout/frame.mako"/>
<%page args="form, back, action, kept"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%def name="title()">Enter your password</%def>
<%def name="kind()">narrow</%def>
<p>It’s been more than 15 minutes since you signed in. Enter your password to confirm that it’s you.</p>
<%forms:form action="${action}" of="${form}">
${forms.hidden_all(kept)}
${account.own_email()}
${forms.field(form, "confirm_password", "Password", type="password", autocomplete="current-password", autofocus=True)}
${forms.hidden("back", back)}
<div class="actions">
${forms.button("Continue")}
<a href="${back}">Cancel</a>
</div>
</%forms:form>
