## Where the user is signed in: this browser, the others, and how to sign out of each.
<%inherit file="/layout/account.mako"/>
<%page args="this, others"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Sessions</%def>
<p class="lead">The browsers you’re signed in to. Each stays signed in for 14 days after you last use it, and for 90 days at most.</p>
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
<p>If you don’t recognize one, sign it out and <a href="/account/password">change your password</a>.</p>
<%show:table caption="Other browsers" heads="${['Browser', 'Signed in', 'From', 'Last active', 'Sign out']}">
% for one in others:
<tr>
<td data-label="Browser">${one.session.browser or "Unknown browser"}</td>
<td data-label="Signed in" class="wide">${show.moment(one.session.auth_time)}</td>
<td data-label="From">${one.session.address or "Unknown address"}</td>
<td data-label="Last active">${show.moment(one.last_active)}</td>
<td data-label="Sign out" class="end"><%forms:form action="/account/sessions/${one.session_id}/end">${forms.button("Sign out", "danger", f"of {one.session.browser or 'an unknown browser'}, signed in {moment_text(one.session.auth_time)}")}</%forms:form></td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="You aren’t signed in anywhere else.">
<p>When you sign in on another device, it is listed here.</p>
</%show:empty>
% endif
<h2>Sign out everywhere else</h2>
<p>If you left a browser signed in somewhere, or think someone else is using your account, sign out every browser except this one. Then <a href="/account/password">change your password</a>. Connected apps stay connected; disconnect them under <a href="/account/apps">Connected apps</a>.</p>
<%forms:form action="/account/sessions">
${forms.button("Sign out everywhere else", "danger")}
</%forms:form>
