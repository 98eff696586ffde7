## What waits for the reader (routes.account.waiting).
<%inherit file="/layout/account.mako"/>
<%page args="items, reuse_until"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="icons" file="/parts/icons.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Waiting for you</%def>
% if items:
<ul class="waiting-list">
% for item in items:
<li>
${icons.icon(item.kind.icon)}
<div>
<h2>${item.kind.title}</h2>
<p>${item.kind.text}</p>
<p class="hint">${show.moment(item.at)}\
% if item.kind.path:
 · <a href="${item.kind.path}">${item.kind.label}<span class="unseen">: ${item.kind.title}</span></a>\
% endif
</p>
</div>
</li>
% endfor
</ul>
% if reuse_until:
${forms.post("/account/waiting", "Mark token reuse as seen", "quiet", until=reuse_until)}
% endif
% else:
<%show:empty text="Nothing is waiting for you.">
<p>Invitations, apps offered to you, and problems with your apps are listed here.</p>
</%show:empty>
% endif
