## A guide: what is on the page, whose values its samples have, the guide, and links to the previous and next one.
## `place` is a docs.Place.
<%inherit file="/layout/guides.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<div class="guide-top">
<p class="lead">${place.guide.about}</p>
${guide.search()}
</div>
% if place.contents:
<nav class="contents" aria-labelledby="contents">
<h2 id="contents">On this page</h2>
<ul class="plain">
% for heading in place.contents:
<li><a href="#${heading.anchor}">${heading.title}</a></li>
% endfor
</ul>
</nav>
% endif
% if sample:
${guide.whose(sample, place.guide.path)}
% endif
<article class="guide">
${next.body(**context.kwargs)}
</article>
<nav class="pagination guides" aria-label="Guides before and after">
% if place.before:
<a href="${place.before.path}" rel="prev"><span aria-hidden="true">←&nbsp;</span>${place.before.title}</a>
% endif
% if place.after:
<a href="${place.after.path}" rel="next">${place.after.title}<span aria-hidden="true">&nbsp;→</span></a>
% endif
</nav>
<%def name="title()">${place.guide.title}</%def>
