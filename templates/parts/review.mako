## An app that waits for approval (routes.admin.review.Waiting), with all that an administrator needs to decide.
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="catalog" file="/parts/scope.mako"/>

## `place` is where the form says it was shown: "review" is the queue, "next" one app of it.
<%def name="waiting(one, place='review')">
<section class="card">
<div class="card-head">
${show.logo(one.app.client_id, one.app.name, one.app.logo_version)}
<h3><a href="/admin/apps/${one.app.client_id}">${one.app.name}</a></h3>
</div>
<dl class="facts">
<dt>Registered</dt>
<dd>${show.moment(one.app.created_at)}</dd>
<dt>Developer</dt>
% if not one.app.owner_id:
<dd>Unknown: the app registered itself</dd>
% else:
<dd><a href="/admin/users/${one.app.owner_id}">${one.app.owner_name}</a> (${one.app.owner_email}), joined ${show.moment(one.app.owner_since)}</dd>
<dt>Their other apps</dt>
<dd>${number(one.app.other_clients) if one.app.other_clients else "none"}\
% if one.app.suspended_clients:
, ${number(one.app.suspended_clients)} of them suspended\
% endif
</dd>
% endif
<dt>Description</dt>
<dd>${one.app.description or "–"}</dd>
<dt>Home page</dt>
<dd>${parts.home_page(one.app)}</dd>
<dt>Type</dt>
<dd>${one.app.type}${", without PKCE" if one.app.skips_pkce else ""}</dd>
<dt>Users return to</dt>
<dd>
<ul class="plain">
% for host in one.hosts:
<li><strong>${host}</strong></li>
% endfor
</ul>
</dd>
<dt>Can request</dt>
<dd>${catalog.listed(one.scopes, one.app.optional_scopes)}</dd>
</dl>
<div class="actions">
<%forms:form action="/admin/apps/${one.app.client_id}/approve">
${forms.hidden("from", place)}
${forms.hidden("seen", one.seen)}
${forms.button("Approve and open the next" if place == "next" else "Approve", unseen=one.app.name)}
</%forms:form>
<a class="button danger" href="/admin/apps/${one.app.client_id}/suspend?from=review">Reject<span class="unseen"> ${one.app.name}</span></a>
</div>
</section>
</%def>
