## What was found in the guides, best first; what matched is marked.
<%inherit file="/layout/guides.mako"/>
<%page args="query, results, sections"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%def name="title()">\
% if query:
Search: ${query}\
% else:
Search the guides\
% endif
</%def>
${guide.search(query)}
% if results:
<p role="status">${number(len(results))} ${"result" if len(results) == 1 else "results"}</p>
<ol class="results plain">
% for result in results:
<li>
<a href="${result.path}">${result.guide}\
% if result.heading:
: ${result.heading}\
% endif
</a>
<p>\
% for is_match, text in result.snippet:
% if is_match:
<mark>${text}</mark>\
% else:
${text}\
% endif
% endfor
</p>
</li>
% endfor
</ol>
% else:
% if query:
<p role="status">Nothing found for “${query}”.</p>
<ul>
<li>Check the spelling, or try fewer words.</li>
<li>Search for an error code, such as <a href="/developer/docs/search?q=invalid_grant"><code>invalid_grant</code></a>, a scope or a parameter.</li>
<li>Errors of your own app are on its <a href="/developer/apps">Activity page</a>.</li>
</ul>
% endif
<h2>All guides</h2>
% for heading, guides in sections.items():
<h3>${heading}</h3>
<ul>
% for each in guides:
<li><a href="${each.path}">${each.title}</a>: ${each.about}</li>
% endfor
</ul>
% endfor
% endif
