## What the pages of the console share.

<%def name="coming_back(app, redirect_uri)">
<p class="muted">The console comes back to <code class="wrap">${redirect_uri}</code>. Remove that from the <a href="/developer/apps/${app.client_id}/edit">redirect URIs</a> when the app goes live.</p>
</%def>
