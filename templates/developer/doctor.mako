## Whether an app is set up well: what is bad first, each finding with the page where it is fixed.
<%inherit file="/layout/app.mako"/>
<%page args="app, bad, warn, good"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Doctor of ${app.name}</%def>
<p class="lead">The doctor looks at the settings of the app and at what it did lately, each time this page is opened.</p>
<div class="figures">
${show.figure("To fix", len(bad), "It breaks something, or puts users at risk.", "#bad" if bad else None)}
${show.figure("Could be better", len(warn), "It works, and could work better.", "#warn" if warn else None)}
${show.figure("In order", len(good), "Nothing to do.", "#good")}
</div>
% if bad:
<h2 id="bad">To fix</h2>
${cards(bad)}
% endif
% if warn:
<h2 id="warn">Could be better</h2>
${cards(warn)}
% endif
<h2 id="good">In order</h2>
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
