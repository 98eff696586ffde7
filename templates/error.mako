## Something went wrong: what, and what to do (pages.PageError).
<%inherit file="/layout/frame.mako"/>
<%namespace name="marks" file="/parts/brand.mako"/>
<%page args="error"/>
<%def name="title()">${error.title}</%def>
<%def name="kind()">narrow</%def>
<p>${error.text}</p>
% if error.todo:
<p>${error.todo}</p>
% endif
% if error.status == 500:
<p class="hint">Request ID: <code class="wrap">${request.request_id}</code></p>
% endif
% if error.link:
<p><a class="button" href="${error.link[0]}">${error.link[1]}</a></p>
% else:
<p><a class="button" href="/">Go to the start page</a></p>
% endif
${marks.ask_support()}
% if error.details:
<details>
<summary>Details for the app’s developers</summary>
% for text in error.details:
<p>${text}</p>
% endfor
</details>
% endif
