## The name that others see, and what else is known of this account. `is_verified`: an app of theirs is.
<%inherit file="/layout/account.mako"/>
<%page args="form, is_verified"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Profile</%def>
<dl class="facts">
<dt>E-mail</dt><dd>${request.user.email}</dd>
<dt>Account since</dt><dd>${show.moment(request.user.created_at)}</dd>
</dl>
<%forms:form action="/account/profile" of="${form}">
${account.own_name(form, warning=" A new one takes back that your apps are verified, until an administrator looks at them again." if is_verified else "")}
${forms.button("Save")}
</%forms:form>
