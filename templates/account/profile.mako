## The user's name and account. `is_verified` says that an app of theirs is verified.
<%inherit file="/layout/account.mako"/>
<%page args="form, is_verified"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Profile</%def>
<dl class="facts">
<dt>Email</dt><dd>${request.user.email}</dd>
<dt>Account since</dt><dd>${show.moment(request.user.created_at)}</dd>
</dl>
<%forms:form action="/account/profile" of="${form}">
${account.own_name(form, warning=" If you change it, your apps lose their verification until an administrator verifies them again." if is_verified else "")}
${forms.button("Save")}
</%forms:form>
