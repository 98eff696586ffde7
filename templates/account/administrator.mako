## Where the link leads that makes an administrator.
<%inherit file="/layout/account.mako"/>
<%page args="link"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Become an administrator?</%def>
<p>An administrator invited you (${request.user.email}). Administrators can see and manage every user and app.</p>
<%forms:form action="/account/administrator">
${forms.hidden("link", link)}
${forms.button("Become an administrator")}
</%forms:form>
