## What guides share: headings that can be linked to, the search, and whose values the samples have.

<%def name="heading(title)"><h2 id="${anchor(title)}"><a class="anchor" href="#${anchor(title)}">${title}</a></h2></%def>

<%def name="search(query='')">
<form method="get" action="/developer/docs/search" class="guide-search" role="search" aria-label="Guides">
<label for="guide-query" class="unseen">Search the guides</label>
<input type="search" id="guide-query" name="q" value="${query}" maxlength="100" placeholder="Search the guides">
<button type="submit">Search</button>
</form>
</%def>

## `sample` is a samples.Sample.
<%def name="whose(sample, path)">
% if sample.app is None:
% if sample.sign_in:
<div class="sample-app"><p class="hint">Samples have placeholders. <a href="${sample.sign_in}">Sign in</a> to see your own app’s values.</p></div>
% else:
<div class="sample-app"><p class="hint">Samples have placeholders. <a href="/developer/apps/new">Register an app</a> to see its values here.</p></div>
% endif
% else:
<form method="get" action="${path}" class="sample-app">
<label for="sample-app">Samples for</label>
<select id="sample-app" name="app">
% for app in sample.apps:
<option value="${app.client_id}"\
% if app.client_id == sample.client_id:
 selected\
% endif
>${app.name}</option>
% endfor
</select>
<button type="submit">Show</button>
</form>
% endif
</%def>
