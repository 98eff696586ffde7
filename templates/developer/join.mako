## An invitation: anyone who has its link can join or decline. `r` leads back here after signing in or up.
<%inherit file="/layout/frame.mako"/>
<%page args="app, expires_at, link, r, signup_is_open"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="people" file="/parts/team.mako"/>
<%def name="title()">Join the team of ${app.name}?</%def>
<%def name="kind()">narrow</%def>
<div class="card-head">
${show.logo(app.client_id, app.name, app.logo_version)}
<p>You’re invited to develop this app. Its owner is ${app.owner_name} (${app.owner_email}). The invitation expires ${show.moment(expires_at)}.</p>
</div>
% if request.visitor:
<p>You’ll join as ${request.visitor.name} (${request.visitor.email}). <a href="/login?r=${r}">Use another account</a></p>
<div class="actions">
${forms.post("/developer/join", "Join the team", link=link)}
${forms.post("/developer/join/decline", "Decline", "quiet", link=link)}
</div>
% elif signup_is_open:
<p>To join, create an account or sign in. You’ll come back to this page.</p>
<p class="actions"><a class="button primary" href="/signup?r=${r}">Create an account</a> <a class="button" href="/login?r=${r}">Sign in</a></p>
% else:
<p>To join, sign in. You’ll come back to this page.</p>
<p class="actions"><a class="button primary" href="/login?r=${r}">Sign in</a></p>
<p>No account yet? Only administrators can create one. Ask for an account, then open this link again.</p>
% endif
<h2>What members can do</h2>
${people.roles()}
