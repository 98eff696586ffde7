## Who asks for what, where the answer goes, and whose account this is; Allow and Deny.
<%inherit file="/layout/frame.mako"/>
<%page args="client, host, on_this_device, scopes, resources, stays, csrf, other_account"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Allow ${client.name} to use your account?</%def>
<div class="card">
<p>${show.tag("not verified", "warn")} Developer: <bdi>${client.owner_name}</bdi></p>
<p class="lead"><strong><bdi>${client.name}</bdi></strong> will be able to:</p>
<ul class="permissions">
% for scope, words in scopes:
<li>${words} <code>${scope}</code></li>
% endfor
% if stays:
<li>Keep this access while you are away, until you end it</li>
% endif
</ul>
% if resources:
<p>Only at:</p>
<ul>
% for resource in resources:
<li><code>${resource}</code></li>
% endfor
</ul>
% endif
% if on_this_device:
<p>The answer goes to a program on this device (<strong>${host}</strong>). Allow it only if you have just started that program yourself.</p>
% else:
<p>The answer goes to <strong>${host}</strong>.</p>
% endif
<p>You are signed in as <strong>${visitor.user.email}</strong>. <a href="${other_account}">Not you?</a></p>
<%forms:form action="/oauth/authorize" csrf="${csrf}">
<div class="actions">
<button class="primary" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
</%forms:form>
<p class="muted">You can end this access at any time under Account, Connected apps.</p>
</div>
