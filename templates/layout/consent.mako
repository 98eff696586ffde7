## A page on which a user decides about an app: a card of its own, without the portal around it. Its `summary` is a
## flows.consent.ConsentSummary.
<%inherit file="/layout/frame.mako"/>
<%namespace name="marks" file="/parts/brand.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
% if reputation.first_seen and not reputation.is_of_team:
<p class="hint">Something wrong with it? <a href="/account/report/${summary.client_id}" target="_blank" rel="noopener">Report this app</a></p>
% endif
<%def name="banner()"></%def>
<%def name="kind()">consent</%def>

## The app and the product, side by side.
<%def name="above()">
<div class="pair">
${show.logo(summary.client_id, summary.requester, summary.logo_version)}
<span class="between" aria-hidden="true"></span>
% if brand.logo:
${marks.logo(brand.name)}
% else:
<span class="logo letter" aria-hidden="true">${brand.name[:1].upper()}</span>
% endif
</div>
</%def>
