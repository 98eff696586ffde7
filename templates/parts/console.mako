## What the pages of the console share.

<%def name="coming_back(app, redirect_uri)">
<p class="muted">The console uses the redirect URI <code class="wrap">${redirect_uri}</code>. Remove it in the <a href="/developer/apps/${app.client_id}/edit">settings</a> when your app goes live.</p>
</%def>
