## What pages show: sidebars, tabs, times, tables, empty states, pagination.
<%namespace name="icons" file="/parts/icons.mako"/>

## A time: how long ago, and the exact one where the pointer rests on it.
<%def name="moment(at)"><time datetime="${at.isoformat()}" title="${moment_text(at)}">${ago(at)}</time></%def>

## A time, or a text if there is none.
<%def name="moment_or(at, otherwise)">\
% if at:
${moment(at)}\
% else:
${otherwise}\
% endif
</%def>

## A value to copy: one click selects all of it, and the script adds a copy button.
<%def name="copyable(value, id=None, kind='')"><span class="copyable ${kind}" data-copy><code class="wrap"\
% if id:
 id="${id}"\
% endif
>${value}</code></span></%def>

## One figure, inside <div class="figures">.
<%def name="figure(label, value, note='', href=None)">
<div class="figure">
<p class="figure-label">${label}</p>
<p class="figure-value">\
% if href:
<a href="${href}">${value}</a>\
% else:
${value}\
% endif
</p>
% if note:
<p class="hint">${note}</p>
% endif
</div>
</%def>

## Links to related pages as (address, label). The current one has the longest address that `path` is at or below.
<%def name="tabs(label, links, kind='tabs', path=None)">${tabs_at(label, links, kind, max((href for href, _ in links if f"{path or request.path}/".startswith(f"{href}/")), key=len, default=None))}</%def>

<%def name="tabs_at(label, links, kind, here)">
<nav class="${kind}" aria-label="${label}">
% for href, text in links:
<a href="${href}"\
% if href == here:
 aria-current="page"\
% endif
>${text}</a>
% endfor
</nav>
</%def>

## The pages beside this one: `groups` are those of pages.sidebars. On a phone it is a menu that opens.
<%def name="sidebar(label, groups, path=None)">${sidebar_at(label, groups, sidebars.current(groups, path or request.path))}</%def>

<%def name="sidebar_at(label, groups, here)">
<nav class="sidebar" aria-label="${label}" tabindex="0">
<details class="menu">
<summary>${icons.icon("menu")}${here.label if here else label}</summary>
% for group in groups:
% if group.label:
<p>${group.label}</p>
% endif
<ul>
% for entry in group.entries:
<li><a href="${entry.path}"\
% if entry == here:
 aria-current="page"\
% endif
>${entry.label}</a></li>
% endfor
</ul>
% endfor
</details>
</nav>
</%def>

## The logo of an app, or the first letter of its name.
<%def name="logo(client_id, name, version)">\
% if version:
<img class="logo" src="/logos/${client_id}?v=${version}" alt="" width="48" height="48">\
% else:
<span class="logo letter" aria-hidden="true">${name[:1].upper()}</span>\
% endif
</%def>

## A label with a color: kind is good, warn, bad or plain.
<%def name="tag(label, kind='plain')"><span class="tag ${kind}">${label}</span></%def>

## Whether an app is verified; `otherwise` is the kind of the tag for an app that isn't, or None for no tag.
<%def name="verified(is_verified, otherwise=None)">\
% if is_verified:
${tag("verified", "good")}\
% elif otherwise:
${tag("not verified", otherwise)}\
% endif
</%def>

## A table: heads are the column titles, the caller's body its rows. Each cell names its column in data-label, which is
## shown where the screen is too narrow for columns: a row is two lines there. The first line has the first cell, or the
## one of class "main", and after it those of class "end". Of the others, those of class "wide" are left out, and those of
## class "bare" have no label. A cell of class "none" has only a dash. Columns among `numbers`, and their cells of class
## "number", are aligned to the right.
<%def name="table(caption, heads, numbers=())">
<div class="table" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>
% for head in heads:
<th scope="col"\
% if head in numbers:
 class="number"\
% endif
>${head}</th>
% endfor
</tr></thead>
<tbody>
${caller.body()}
</tbody>
</table>
</div>
</%def>

## An empty state; the caller's body says what to do.
<%def name="empty(text)">
<div class="empty">
<p>${text}</p>
${caller.body()}
</div>
</%def>

## Addresses of the previous and next page, or None, and their labels.
<%def name="pagination(before, after, labels=('Newer', 'Older'))">
% if before or after:
<nav class="pagination" aria-label="Pages">
% if before:
<a href="${before}" rel="prev">${labels[0]}</a>
% endif
% if after:
<a href="${after}" rel="next">${labels[1]}</a>
% endif
</nav>
% endif
</%def>
