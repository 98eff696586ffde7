## Where the one-time link leads: the first administrator’s account.
<%inherit file="/layout/frame.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%def name="title()">Make the first administrator</%def>
<%def name="kind()">narrow</%def>
<p>This server has no administrator yet. Whoever opened this link from its first start can make one here, once.</p>
<%forms:form action="/welcome" of="${form}">
${forms.hidden("link", form.get("link"))}
${account.fields(form)}
${forms.button("Create the administrator’s account")}
</%forms:form>
