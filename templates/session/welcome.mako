## The page of the first one-time link: the first administrator’s account.
<%inherit file="/layout/frame.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%def name="title()">Create the first administrator</%def>
<%def name="kind()">narrow</%def>
<p>There is no administrator yet. This link works once: create the account that manages users and apps.</p>
<%forms:form action="/welcome" of="${form}">
${forms.hidden("link", form.get("link"))}
${account.fields(form)}
${forms.button("Create the administrator’s account")}
</%forms:form>
