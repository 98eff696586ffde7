## What pages about the team of an app share.
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>

## The app was offered to another owner, who has not answered.
<%def name="offered(app, offer, may_change)">
<div class="notice" id="offered">
<p><strong><bdi>${offer.name}</bdi></strong> (${offer.email}) was asked ${show.moment(offer.offered_at)} to become the owner of this app. The offer expires ${show.moment(offer.expires_at)}; until they accept, nothing changes.</p>
% if offer.user_id == request.user.user_id:
<p><a class="button" href="/developer/transfers/${app.client_id}">Answer</a></p>
% endif
% if may_change:
${forms.post(f"/developer/apps/{app.client_id}/transfer/withdraw", "Withdraw the offer", "quiet")}
% endif
</div>
</%def>

## What each role may do.
<%def name="roles()">
<div class="roles">
<section>
<h3>A member can</h3>
<ul>
<li>see settings, activity, usage, and how many users are connected</li>
<li>change settings and redirect URIs</li>
<li>add and delete secrets and keys</li>
<li>leave the team</li>
</ul>
</section>
<section>
<h3>Only the owner can also</h3>
<ul>
<li>invite and remove members</li>
<li>turn PKCE off</li>
<li>revoke all tokens</li>
<li>transfer or delete the app</li>
<li>be named as the developer when users connect it</li>
</ul>
</section>
</div>
</%def>
