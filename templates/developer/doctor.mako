## The checks of an app's setup, problems first, each with a link to where it is fixed.
<%inherit file="/layout/app.mako"/>
<%page args="app, bad, warn, good"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Doctor</%def>
<p class="lead">These checks look at the app’s settings and recent activity each time you open this page.</p>
<div class="figures">
${show.figure("To fix", len(bad), "Something is broken, or users are at risk.", "#bad" if bad else None)}
${show.figure("Could be better", len(warn), "It works, but you can improve it.", "#warn" if warn else None)}
${show.figure("OK", len(good), "Nothing to do.", "#good")}
</div>
% if bad:
<h2 id="bad">To fix</h2>
${cards(bad)}
% endif
% if warn:
<h2 id="warn">Could be better</h2>
${cards(warn)}
% endif
<h2 id="good">OK</h2>
<dl class="facts">
% for finding in good:
<dt>${finding.title}</dt>
<dd>${finding.text}</dd>
% endfor
</dl>

<%def name="cards(findings)">
<ul class="plain cards">
% for finding in findings:
<li class="card finding ${finding.verdict}">
<h3>${finding.title}</h3>
<p>${finding.text}</p>
% if finding.link:
<p><a href="/developer/apps/${app.client_id}${finding.folder}">${finding.link}</a></p>
% endif
</li>
% endfor
</ul>
</%def>
