## Where this person is signed in: this browser, the others, and how to sign out of each.
<%inherit file="/layout/account.mako"/>
<%page args="this, others"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Sessions</%def>
<p class="lead">The browsers in which you are signed in. Each stays signed in for 14 days after you last used it, and for 90 days in all.</p>
<h2>This browser</h2>
<section class="card">
<dl class="facts">
<dt>Browser</dt><dd>${this.browser or request.browser_name or "Unknown browser"}</dd>
<dt>Signed in</dt><dd>${show.moment(this.auth_time)}</dd>
<dt>From</dt><dd>${this.address or "Unknown address"}</dd>
</dl>
<%forms:form action="/logout">${forms.button("Sign out of this browser", "plain")}</%forms:form>
</section>
<h2>Other browsers</h2>
% if others:
<p>One you do not know? Sign it out, and <a href="/account/password">change your password</a>.</p>
<%show:table caption="Other browsers" heads="${['Browser', 'Signed in', 'From', 'Last active', 'End it']}">
% for one in others:
<tr>
<td data-label="Browser">${one.session.browser or "Unknown browser"}</td>
<td data-label="Signed in">${show.moment(one.session.auth_time)}</td>
<td data-label="From">${one.session.address or "Unknown address"}</td>
<td data-label="Last active">${show.moment(one.last_active)}</td>
<td data-label="End it"><%forms:form action="/account/sessions/${one.session_id}/end">${forms.button("End", "danger", f"the session of {one.session.browser or 'an unknown browser'}, signed in {moment_text(one.session.auth_time)}")}</%forms:form></td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="You are signed in nowhere else.">
<p>Sign in on another device, and it is listed here, with a button that signs it out.</p>
</%show:empty>
% endif
<h2>Sign out everywhere else</h2>
<p>If you left a browser signed in somewhere, or think that somebody else uses your account: this signs out every browser but this one. Then <a href="/account/password">change your password</a>. Connected apps keep their access; you end that under <a href="/account/apps">Connected apps</a>.</p>
<%forms:form action="/account/sessions">
${forms.button("Sign out everywhere else", "danger")}
</%forms:form>
