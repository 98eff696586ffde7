## What is left of the first steps, for the overview. `state` is a routes.admin.setup.SetupState.

<%def name="card(state)">
% if state.is_open:
<section class="card next" aria-labelledby="setup">
<h2 id="setup">Set up ${brand.name}: ${state.done} of ${state.of} done</h2>
<p>Name and logo, scopes, an API, TLS, and who can do what.</p>
<p class="actions"><a class="button primary" href="/admin/setup">Continue</a></p>
</section>
% endif
</%def>
