## A table of events (pages.events.EventLine); `heads` are its columns, out of When, What, By, From and About.
<%namespace name="show" file="/parts/show.mako"/>

<%def name="table(caption, events, heads=('When', 'What', 'By', 'About'))">
<%show:table caption="${caption}" heads="${heads}">
% for event in events:
<tr>
<td data-label="When" class="end">${show.moment(event.at)}</td>
<td data-label="What" class="main">${event.text}\
% if event.warning:
 ${show.tag(event.warning, "warn")}\
% endif
% for hint in filter(None, event.hints):
<p class="hint">${hint}</p>
% endfor
</td>
% if "By" in heads:
<td data-label="By" class="${'bare' if event.by.name or event.address else 'none'}">${link(event.by)}${"" if event.by.name or event.address else "–"}
% if event.address:
<p class="hint ${'wide' if event.by.name else ''}">from ${event.address}</p>
% endif
</td>
% endif
% if "From" in heads:
<td data-label="From"\
% if not event.browser and not event.address:
 class="none"\
% endif
>${event.browser or event.address or "–"}\
% if event.browser and event.address:
 <p class="hint">${event.address}</p>\
% endif
</td>
% endif
% if "About" in heads:
<td data-label="About" class="${'bare' if event.subjects else 'none'}">
% if event.subjects:
<ul class="plain">
% for subject in event.subjects:
<li>${link(subject)}</li>
% endfor
</ul>
% else:
–
% endif
</td>
% endif
</tr>
% endfor
</%show:table>
</%def>

<%def name="link(to)">\
% if to.path:
<a href="${to.path}">${to.name}</a>\
% else:
${to.name}\
% endif
</%def>
