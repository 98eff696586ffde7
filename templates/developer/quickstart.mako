## A program that signs users in to this app, for the type of app and the language that its developer chose.
<%inherit file="/layout/app.mako"/>
<%page args="app, quickstart, language"/>
<%namespace name="parts" file="/parts/quickstart.mako"/>
<%namespace name="of_app" file="/parts/app.mako"/>
<%def name="title()">Quickstart</%def>
<p class="lead">${"Sign in your first user" if quickstart.needs_browser else "Get your first token"} in five minutes. The code has the values of your app\
% if quickstart.secret is not None:
; add its secret yourself\
% endif
.</p>
% if quickstart.needs_browser:
${of_app.basic_only(app, "These programs authenticate")}
${parts.choice(quickstart, language, f"/developer/apps/{app.client_id}/quickstart")}
<h2>${language.title}</h2>
${parts.program(quickstart, language, f"/developer/apps/{app.client_id}/edit")}
% endif
% if app.type == "public" or "client_secret_basic" in app.authentication_methods:
${parts.starts(quickstart)}
% elif not quickstart.needs_browser:
<p class="notice">The programs for this app would authenticate with a client secret by HTTP Basic, which it doesn’t accept, so none is shown. Read <a href="/developer/docs/authentication">how to sign assertions</a>\
% for start in quickstart.starts:
, and the guide to <a href="${start.guide}">${start.guide.rpartition("/")[2]}</a>\
% endfor
.</p>
% endif
<h2>Next</h2>
<ul>
<li><a href="/developer/docs/refresh">Refresh and rotation</a>: what to store, and when.</li>
<li><a href="/developer/docs/errors">Errors</a>: what each one means, and what to do.</li>
<li><a href="/developer/docs">All guides</a></li>
</ul>
