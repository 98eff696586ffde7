## A guide: a tab for each guide, and links to the previous and next one at the end. `place` is a docs.Place.
<%inherit file="/layout/developer.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<p class="lead">${place.guide.about}</p>
${next.body(**context.kwargs)}
<nav class="pagination guides" aria-label="Guides before and after">
% if place.before:
<a href="${place.before.path}" rel="prev"><span aria-hidden="true">←&nbsp;</span>${place.before.title}</a>
% endif
% if place.after:
<a href="${place.after.path}" rel="next">${place.after.title}<span aria-hidden="true">&nbsp;→</span></a>
% endif
</nav>
<%def name="title()">${place.guide.title}</%def>
<%def name="tabs()">
${parent.tabs()}
${show.tabs("Guides", place.tabs, kind="tabs sub")}
</%def>
