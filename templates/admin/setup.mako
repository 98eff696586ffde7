## The first steps of an installation (routes.admin.setup).
<%inherit file="/layout/admin.mako"/>
<%page args="facts, steps, state, shell"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="icons" file="/parts/icons.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Set up ${brand.name}</%def>
<p class="lead">${state.done} of ${state.of} done. Each step checks the server as it is running now. Changed settings take effect after a restart.</p>
<ol class="setup">
% for step in steps:
<li>
${mark(step.is_done and step.is_done(facts), step.is_done is None)}
<div>
<h2>${step.title}${state_tag(step.is_done and step.is_done(facts), step.is_done is None)}</h2>
<p>${step.text(facts)}</p>
% if step.is_done and not step.is_done(facts) and step.lines(facts):
<%code:block language="shell">
${shell(step.lines(facts))}
</%code:block>
% endif
% if step.link:
<p><a href="${step.link[0]}">${step.link[1]}</a></p>
% endif
</div>
</li>
% endfor
</ol>
% if facts.is_hidden:
${forms.post("/admin/setup", "Show on the overview again", "quiet", hide="no")}
% elif state.is_open:
${forms.post("/admin/setup", "Hide this checklist", "quiet", hide="yes")}
% endif

<%def name="mark(is_done, is_note)">\
% if is_done:
${icons.icon("check", "good")}\
% elif is_note:
${icons.icon("info")}\
% else:
${icons.icon("clock")}\
% endif
</%def>

<%def name="state_tag(is_done, is_note)">\
% if is_done:
 ${show.tag("done", "good")}\
% elif is_note:
 ${show.tag("nothing to do")}\
% endif
</%def>
