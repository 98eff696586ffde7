## Which app on which device wants access, since when, and whose account it is; `is_near` is None if the two networks
## can't be compared.
<%inherit file="/layout/consent.mako"/>
<%page args="summary, reputation, others, form, user_code, address, by_server, is_near, requested_at, other_account"/>
<%namespace name="consent" file="/parts/consent.mako"/>
<%namespace name="device" file="/parts/device.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">${summary.name} on a device wants to access your ${brand.name} account</%def>
<%def name="heading()"><bdi>${summary.name}</bdi> on a device wants to access your ${brand.name} account</%def>
${consent.head(summary, reputation, others)}
<%forms:form action="/device/answer" of="${form}">
${forms.hidden("user_code", user_code)}
${device.warning()}
<dl class="facts">
<dt>Code on the device</dt><dd><code class="user-code">${user_code}</code></dd>
<dt>Requested</dt><dd>${show.moment(requested_at)}</dd>
<dt>From</dt><dd>${address}\
% if by_server:
, the app’s own server
% elif is_near:
, on the same network as this browser
% elif is_near is False:
, <strong>not on the same network as this browser</strong>
% endif
</dd>
</dl>
${consent.permissions(summary, form)}
${consent.decision(other_account)}
</%forms:form>
<p class="hint">You’ll be asked each time a device connects. You can disconnect it at any time under <a href="/account/apps">Connected apps</a>.</p>
