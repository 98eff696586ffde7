## Which app requests what, where the user returns, and whose account it is.
<%inherit file="/layout/consent.mako"/>
<%page args="summary, reputation, others, form, left_out_before, csrf, other_account"/>
<%namespace name="consent" file="/parts/consent.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">${summary.requester} wants ${"more access to" if summary.requests_more else "to access"} your ${brand.name} account</%def>
<%def name="heading()"><bdi>${summary.requester}</bdi> wants ${"more access to" if summary.requests_more else "to access"} your ${brand.name} account</%def>
${consent.head(summary, reputation, others)}
<%forms:form action="/oauth/authorize" csrf="${csrf}">
${consent.permissions(summary, form, "What you left out last time isn’t selected." if left_out_before else None)}
% if not summary.is_on_device:
<p>You’ll be sent back to <strong>${summary.redirect_host}</strong>.</p>
% elif summary.registered_itself:
<p class="notice warn">You’ll be sent back to a program on this device (<strong>${summary.redirect_host}</strong>). Any program on it can claim to be this app. Allow this only if you just started that program yourself.</p>
% else:
<p>You’ll be sent back to a program on this device (<strong>${summary.redirect_host}</strong>). Allow this only if you just started that program yourself.</p>
% endif
${consent.decision(other_account, opens_app=True)}
</%forms:form>
<p class="hint">You can disconnect this app at any time under <a href="/account/apps">Connected apps</a>.</p>
