<%inherit file="/layout/account.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Sessions</%def>
<p>You signed in here on ${show.moment(visitor.session.auth_time)}. A browser stays signed in for 14 days after you last used it, and for 90 days in all.</p>
<p>If you left a browser signed in somewhere, or think that somebody else uses your account, sign out everywhere else, and <a href="/account/password">change your password</a>.</p>
<%forms:form action="/account/sessions">
${forms.button("Sign out everywhere else", "danger")}
</%forms:form>
