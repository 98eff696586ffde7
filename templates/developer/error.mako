## What the code of an error means. Nothing here depends on whether there is such a request.
<%inherit file="/layout/developer.mako"/>
<%page args="code, problem, defined, sign_in"/>
<%def name="title()">${f"The error {code}" if code else "An error in a response"}</%def>
<%def name="kind()">narrow</%def>
% if problem:
<p class="lead">${problem.what}</p>
<p>${problem.fix}</p>
% endif
% if defined:
<p>Defined in <a href="https://www.rfc-editor.org/rfc/rfc${defined[0]}#section-${defined[1]}">RFC ${defined[0]}, section ${defined[1]}</a>. \
% else:
<p>\
% endif
<a href="/developer/docs/errors#${code}">All errors</a></p>
<h2>Is it your app’s request?</h2>
% if sign_in:
<p>Sign in as one of the app’s developers to see the request, and exactly what was wrong with it.</p>
<p class="actions"><a class="button" href="${sign_in}">Sign in</a></p>
% else:
<p>Requests of your own apps are shown here. A request appears after a few seconds and is kept for up to 30 days. If the same error occurred many times, only the latest ten requests can be found by ID.</p>
<p class="actions"><a class="button" href="/developer/apps">Open the activity of your apps</a></p>
% endif
