<%inherit file="/layout/account.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Profile</%def>
<dl class="facts">
<dt>E-mail</dt><dd>${visitor.user.email}</dd>
<dt>Account since</dt><dd>${show.moment(visitor.user.created_at)}</dd>
</dl>
<%forms:form action="/account/profile" of="${form}">
${forms.field(form, "name", "Name", autocomplete="name", maxlength=100, hint="People who use an app of yours see this name.")}
${forms.button("Save")}
</%forms:form>
