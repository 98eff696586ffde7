## What happened to this account, newest first.
<%inherit file="/layout/account.mako"/>
<%page args="events, newer, older"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Security history</%def>
<p class="lead">What happened to your account, the latest first. Was something not you? <a href="/account/sessions">Sign out everywhere else</a>, <a href="/account/password">change your password</a>, and end the <a href="/account/apps">connected apps</a> that you do not know.</p>
% if events:
<%show:table caption="What happened to your account" heads="${['When', 'What', 'From']}">
% for event in events:
<tr>
<td data-label="When">${show.moment(event.at)}</td>
<td data-label="What">${event.what}\
% if event.times > 1:
, ${number(event.times)} times in a row\
% endif
% if event.warning:
 ${show.tag(event.warning, "warn")}\
% endif
% if event.hint:
<p class="hint">${event.hint}</p>
% endif
</td>
<td data-label="From">\
% if event.browser:
${event.browser}\
% if event.address:
 <p class="hint">${event.address}</p>\
% endif
% else:
${event.address or "–"}\
% endif
</td>
</tr>
% endfor
</%show:table>
${show.pagination(newer, older)}
% else:
<%show:empty text="Nothing is recorded here.">
<p>Sign-ins, changes of your password and what you allow apps are kept for about a year. <a href="/account/history">Show the latest</a></p>
</%show:empty>
% endif
