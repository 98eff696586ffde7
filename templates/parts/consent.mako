## What a user decides about, on the consent page of a browser or a device. `summary` is a flows.consent.ConsentSummary,
## `reputation` a flows.consent.Reputation.
<%namespace name="icons" file="/parts/icons.mako"/>
<%namespace name="show" file="/parts/show.mako"/>

## Who asks, and whether we know them.
<%def name="maker(summary)">
<p class="maker">\
% if summary.registered_itself:
calls itself <bdi>${summary.name}</bdi> ${show.verified(summary.is_verified, "plain") if summary.is_verified else show.tag("registered itself", "warn")}\
% else:
% if summary.developer:
by <bdi>${summary.developer}</bdi> \
% endif
${show.verified(summary.is_verified, "warn")}\
% endif
</p>
</%def>

## What it says about itself, and what we know about it.
<%def name="head(summary, reputation, others)">
${maker(summary)}
% if reputation.description:
% if len(reputation.description) > 160:
<details class="about">
<summary>About this app, in its own words</summary>
<p>${reputation.description}</p>
</details>
% else:
<p class="about"><span class="hint">In its own words:</span> ${reputation.description}</p>
% endif
% endif
% if reputation.home_page:
<p class="about">${icons.icon("globe")} <a href="${reputation.home_page}" rel="noopener noreferrer nofollow" target="_blank">${reputation.home_host}<span class="unseen"> (opens in a new tab)</span></a></p>
% endif
% if summary.is_verified:
<div class="notice">${known(summary, reputation, others)}</div>
% else:
<div class="notice warn">${known(summary, reputation, others)}</div>
% endif
% if summary.awaits_approval:
<p class="notice warn">Your app isn’t approved yet. Until an administrator approves it, only its developers can connect it.</p>
% endif
</%def>

<%def name="known(summary, reputation, others)">
<p>\
% if summary.is_verified:
We have verified this developer. \
% elif summary.registered_itself:
It registered itself, and we haven’t verified who makes it. Allow it only if you know it. \
% else:
We haven’t verified this developer. Allow this app only if you know it. \
% endif
% if reputation.first_seen:
First seen here ${show.moment(reputation.first_seen)}. \
% endif
${others}</p>
% if summary.registered_itself and not summary.is_on_device and summary.redirect_host != summary.requester:
<p>If you allow this, <strong>${summary.redirect_host}</strong> gets access, not ${summary.requester}.</p>
% endif
% if summary.sensitive:
<p>It asks for sensitive access, which could harm you in the wrong hands.</p>
% endif
</%def>

## What it will be able to do; with boxes for what is optional.
<%def name="permissions(summary, form, hint=None)">
% if summary.required or summary.stays_connected:
<h2><bdi>${summary.name}</bdi> will ${"also " if summary.requests_more else ""}be able to:</h2>
<ul class="permissions">
% for one in summary.required:
${permission(one)}
% endfor
% if summary.stays_connected:
${stays_connected()}
% endif
</ul>
% endif
% if summary.optional:
<fieldset class="field">
<legend>${"Optional. Choose what to allow:" if summary.required or summary.requests_more else "Choose what to allow:"}</legend>
<div class="permissions">
% for one in summary.optional:
<label class="permission ${one.kind}" for="scope-${loop.index}">
${icons.icon(one.icon or "key")}
${words(one, "span")}
<input type="checkbox" id="scope-${loop.index}" name="scope" value="${one.scope}"\
% if one.scope in form.all("scope"):
 checked\
% endif
>
</label>
% endfor
</div>
% if hint:
<p class="hint">${hint}</p>
% endif
</fieldset>
% endif
% if summary.requests_more:
<h2><bdi>${summary.name}</bdi> can already:</h2>
<ul class="permissions already">
% for one in summary.already:
${permission(one)}
% endfor
% if summary.is_connected:
${stays_connected()}
% endif
</ul>
<p class="hint">This won’t change, whatever you choose now.</p>
% endif
% if summary.apis:
<p>Limited to \
% for api in summary.apis:
<strong>${api.name}</strong>\
% if api.name != api.resource:
 (<code class="wrap">${api.resource}</code>)\
% endif
${"" if loop.last else ", "}\
% endfor
</p>
% endif
</%def>

<%def name="permission(one)">
<li class="permission ${one.kind}">
${icons.icon(one.icon or "key")}
${words(one, "div")}
</li>
</%def>

<%def name="words(one, element)">
<${element} class="words"><span class="what">${one.text}\
% if one.is_sensitive:
 ${show.tag("sensitive", "warn")}\
% endif
</span>\
% if one.detail:
 <span class="hint">${one.detail}</span>\
% endif
</${element}>
</%def>

<%def name="stays_connected()">
<li class="permission">
${icons.icon("sync")}
<div class="words"><span class="what">Stay connected when you’re not using it</span></div>
</li>
</%def>

## `opens_app`: the page may stay in the browser, where the answer opens another program.
<%def name="decision(other_account, opens_app=False)">
<p>You’re signed in as <strong>${request.visitor.email}</strong>. <a href="${other_account}">Not you?</a></p>
<div class="actions equal">
<button class="primary" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
% if opens_app:
<p class="hint" role="status" data-again="Didn’t open? Try again."></p>
% endif
</%def>

## Why a user should stop and think before they are asked.
<%def name="warning(summary, reputation, others)">
${maker(summary)}
<div class="notice warn">
<p><strong>${others}</strong> \
% if reputation.first_seen:
First seen here ${show.moment(reputation.first_seen)}.\
% else:
It’s new here.\
% endif
</p>
<p>We haven’t verified who makes it. If someone sent you a link to this page, or asked you to connect it, stop here: this could be an attempt to get into your account.</p>
</div>
<h2>It asks for sensitive access:</h2>
<ul class="permissions">
% for one in summary.sensitive:
${permission(one)}
% endfor
</ul>
% if summary.redirect_uri:
<p>This access would go to <strong>${summary.redirect_host}</strong>.</p>
% endif
</%def>
