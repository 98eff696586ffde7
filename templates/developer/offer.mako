## An app is offered to the reader, who can accept or decline.
<%inherit file="/layout/developer.mako"/>
<%page args="offer"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Become the owner of ${offer.name}?</%def>
<div class="card-head">
${show.logo(offer.client_id, offer.name, offer.logo_version)}
<p><bdi>${offer.owner_name}</bdi> (${offer.owner_email}) owns this app. It was offered to you ${show.moment(offer.offered_at)}, and the offer expires ${show.moment(offer.expires_at)}.</p>
</div>
<p>If you accept:</p>
<ul>
<li>Users see your name, <bdi>${request.user.name}</bdi>, as the developer of the app, and you’re responsible for what it does.</li>
<li>You manage its team, and you can revoke all tokens, turn PKCE off, and transfer or delete the app.</li>
% if not offer.owner_disabled:
<li><bdi>${offer.owner_name}</bdi> becomes a member: they can still change settings and secrets until you remove them.</li>
% endif
<li>Pending invitations to the team are withdrawn. You can create new ones.</li>
% if offer.verified:
<li>The app loses its verification, because administrators verified another developer.</li>
% endif
</ul>
<p>Connected users stay connected. If you decline, nothing changes.</p>
<div class="actions">
${forms.post(f"/developer/transfers/{offer.client_id}/accept", "Accept and become the owner")}
${forms.post(f"/developer/transfers/{offer.client_id}/decline", "Decline", "quiet")}
</div>
