## An invitation: anyone who has its link can join or decline.
<%inherit file="/layout/developer.mako"/>
<%page args="app, link"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Join the team of ${app.name}?</%def>
<div class="card-head">
${show.logo(app.client_id, app.name, app.logo_version)}
<p>${app.owner_name} (${app.owner_email}) owns this app.</p>
</div>
<p>Members see everything about the app and can change its settings and secrets. You’ll join as ${request.user.name} (${request.user.email}).</p>
<div class="actions">
${forms.post("/developer/join", "Join the team", link=link)}
${forms.post("/developer/join/decline", "Decline", "quiet", link=link)}
</div>
