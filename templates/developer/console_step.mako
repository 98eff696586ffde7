## The console after a step: its request and response, the next step, and all earlier ones.
<%inherit file="/layout/app.mako"/>
<%page args="app, form, steps, walk, latest, following, repeatable, sealed"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="console" file="/parts/console.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Try ${app.name}</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/try</%def>
<ol class="steps" aria-label="Steps">
% for each, step in steps.items():
<li\
% if each in walk.done:
 class="done"\
% elif each == following:
 class="next" aria-current="step"\
% endif
>${step.title}\
% if each in walk.done:
 <span class="unseen">(done)</span>\
% endif
</li>
% endfor
</ol>

<h2>${steps[latest.step].title} ${show.tag(latest.status, "bad" if latest.advice else "good")}</h2>
% if latest.advice:
<p class="notice warn" role="status">${latest.advice}</p>
% else:
<p>${steps[latest.step].teaches}</p>
% endif
${wire(latest)}

% if following or repeatable:
% if following:
<h2>${"Repeat" if following == latest.step else "Next"}: ${steps[following].title}</h2>
<p>${steps[following].teaches}</p>
% else:
<h2>You’re done</h2>
<p>You’ve seen the whole life of a connection. You still allow the app, so next time you may not be asked. Disconnect it under <a href="/account/apps">Connected apps</a>.</p>
% endif
<%forms:form action="/developer/apps/${app.client_id}/try" of="${form}">
${forms.hidden("walk", sealed)}
% if walk.lacks_secret():
${forms.field(form, "client_secret", "Client secret", type="password", autocomplete="off", hint="Enter it once. It is encrypted into this page and never stored.")}
% endif
<div class="actions">
% if following:
<button class="primary" type="submit" name="step" value="${following}">${steps[following].title}</button>
% endif
% for other in repeatable:
<button class="quiet" type="submit" name="step" value="${other}">${steps[other].title}</button>
% endfor
</div>
</%forms:form>
% endif
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/try">Start over</a> <a href="/developer/apps/${app.client_id}/activity">See the app’s activity</a></p>

% if len(walk.exchanges) > 1:
<h2>Earlier steps</h2>
% for one in reversed(walk.exchanges[:-1]):
<details>
<summary>${steps[one.step].title}: ${one.status}</summary>
${wire(one)}
</details>
% endfor
% endif
${console.coming_back(app, walk.redirect_uri)}

<%def name="wire(one)">
<h3>Request</h3>
<pre class="wire">${one.request}</pre>
<h3>Response</h3>
<pre class="wire">${one.response}</pre>
</%def>
