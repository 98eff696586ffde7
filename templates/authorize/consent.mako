## Who asks for what, where the answer goes, and whose account this is; Allow and Deny. `told` is routes.consent_page.Told.
<%inherit file="/layout/frame.mako"/>
<%page args="told, form, left_out_before, host, on_this_device, first_seen, others, csrf, other_account"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Allow ${told.name} to use your account?</%def>
<%def name="kind()">narrow</%def>
<div class="card">
<div class="card-head">
${show.logo(told.client_id, told.name, told.logo_version)}
<div>
<p class="lead"><strong><bdi>${told.name}</bdi></strong></p>
<p>\
% if told.developer:
by <bdi>${told.developer}</bdi> \
% endif
${show.verified(told.is_verified, "warn")}</p>
</div>
</div>
<p class="hint">\
% if told.is_verified:
We know who makes this app. \
% else:
Anybody can register an app, and we have not checked who makes this one. Allow it only if you know it. \
% endif
% if first_seen:
First seen here ${show.moment(first_seen)}. \
% endif
${others}</p>
% if told.waits:
<p class="notice warn">Your app isn’t approved yet. Until an administrator approves it, only its developers can connect it.</p>
% endif
<%forms:form action="/oauth/authorize" csrf="${csrf}">
% if told.required or told.stays:
<p class="lead"><strong><bdi>${told.name}</bdi></strong> will be able to:</p>
<ul class="permissions">
% for permission in told.required:
<li${sensitive(permission)}>${permission.words}\
% if permission.is_sensitive:
 ${show.tag("sensitive", "warn")}\
% endif
</li>
% endfor
% if told.stays:
<li>Keep this access while you are away, until you end it</li>
% endif
</ul>
% endif
% if told.optional:
${forms.boxes(form, "scope", "It asks for this too. Untick what you do not want to allow:" if told.required else f"{told.name} will be able to do what you tick:", [(permission.scope, permission.words, None) for permission in told.optional], hint="What you left out last time is not ticked." if left_out_before else None, tags={permission.scope: [("sensitive", "warn")] for permission in told.optional if permission.is_sensitive})}
% endif
% if any(permission.is_sensitive for permission in (*told.required, *told.optional)):
<p class="hint">Sensitive means that it could do you harm in the wrong hands. Allow it only if you trust <bdi>${told.name}</bdi> with it.</p>
% endif
% if told.resources:
<p>Only at:</p>
<ul>
% for resource in told.resources:
<li><code class="wrap">${resource}</code></li>
% endfor
</ul>
% endif
% if on_this_device:
<p>The answer goes to a program on this device (<strong>${host}</strong>). Allow it only if you have just started that program yourself.</p>
% else:
<p>The answer goes to <strong>${host}</strong>.</p>
% endif
<p>You are signed in as <strong>${request.user.email}</strong>. <a href="${other_account}">Not you?</a></p>
<div class="actions equal">
<button class="primary" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
</%forms:form>
<p class="hint">You can end this access at any time under <a href="/account/apps">Account, Connected apps</a>.</p>
</div>
<%def name="sensitive(permission)">\
% if permission.is_sensitive:
 class="sensitive"\
% endif
</%def>
