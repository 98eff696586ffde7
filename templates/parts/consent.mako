## What a user decides about, on the consent page of a browser or a device. `summary` is a flows.consent.ConsentSummary.
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>

<%def name="head(summary, first_seen, others)">
<div class="card-head">
${show.logo(summary.client_id, summary.name, summary.logo_version)}
<div>
% if summary.registered_itself:
<p class="lead"><strong>${summary.requester}</strong></p>
<p>calls itself <bdi>${summary.name}</bdi> ${show.verified(summary.is_verified, "plain") if summary.is_verified else show.tag("registered itself", "warn")}</p>
% else:
<p class="lead"><strong><bdi>${summary.name}</bdi></strong></p>
<p>\
% if summary.developer:
by <bdi>${summary.developer}</bdi> \
% endif
${show.verified(summary.is_verified, "warn")}</p>
% endif
</div>
</div>
% if summary.registered_itself and not summary.is_on_device and summary.redirect_host != summary.requester:
<p class="notice warn">If you allow this, <strong>${summary.redirect_host}</strong> gets access, not ${summary.requester}.</p>
% endif
<p class="hint">\
% if summary.is_verified:
We have verified this developer. \
% elif summary.registered_itself:
It registered itself, and we haven’t verified who makes it. Allow it only if you know it. \
% else:
We haven’t verified this developer. Allow this app only if you know it. \
% endif
% if first_seen:
First seen here ${show.moment(first_seen)}. \
% endif
${others}</p>
% if summary.awaits_approval:
<p class="notice warn">Your app isn’t approved yet. Until an administrator approves it, only its developers can connect it.</p>
% endif
</%def>

## What it will be able to do; with boxes for what is optional.
<%def name="permissions(summary, form, hint=None)">
% if summary.required or summary.stays_connected:
<p class="lead"><strong><bdi>${summary.name}</bdi></strong> will ${"also " if summary.requests_more else ""}be able to:</p>
<ul class="permissions">
% for permission in summary.required:
<li${sensitive(permission)}>${permission.text}\
% if permission.is_sensitive:
 ${show.tag("sensitive", "warn")}\
% endif
</li>
% endfor
% if summary.stays_connected:
<li>Stay connected when you’re not using it</li>
% endif
</ul>
% endif
% if summary.optional:
${forms.boxes(form, "scope", "Optional. Choose what to allow:" if summary.required or summary.requests_more else "Choose what to allow:", [(permission.scope, permission.text, None) for permission in summary.optional], hint=hint, tags={permission.scope: [("sensitive", "warn")] for permission in summary.optional if permission.is_sensitive})}
% endif
% if any(permission.is_sensitive for permission in (*summary.required, *summary.optional)):
<p class="hint">Sensitive access could harm you in the wrong hands. Allow it only if you trust <bdi>${summary.name}</bdi> with it.</p>
% endif
% if summary.requests_more:
<p><bdi>${summary.name}</bdi> can already do this, whatever you choose now:</p>
<ul>
% for permission in summary.already:
<li>${permission.text}</li>
% endfor
% if summary.is_connected:
<li>Stay connected when you’re not using it</li>
% endif
</ul>
% endif
% if summary.resources:
<p>Only with:</p>
<ul>
% for resource in summary.resources:
<li><code class="wrap">${resource}</code></li>
% endfor
</ul>
% endif
</%def>

<%def name="sensitive(permission)">\
% if permission.is_sensitive:
 class="sensitive"\
% endif
</%def>

## `opens_app`: the page may stay in the browser, where the answer opens another program.
<%def name="decision(other_account, opens_app=False)">
<p>You’re signed in as <strong>${request.user.email}</strong>. <a href="${other_account}">Not you?</a></p>
<div class="actions equal">
<button class="primary" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
% if opens_app:
<p class="hint" role="status" data-again="Didn’t open? Try again."></p>
% endif
</%def>
