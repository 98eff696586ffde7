## Refused requests of one app: those it made itself, and those anyone could have sent in its name.
<%inherit file="/layout/app.mako"/>
<%page args="app, problem, filters, here, own, others"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="refusals" file="/parts/refusals.mako"/>
<%def name="title()">Activity</%def>
<p class="lead">Requests refused in the last 30 days, what was wrong with each, and how to fix it. Secrets, codes, tokens and state are never stored.</p>
% if len(filters) > 1:
${show.tabs_at("What was wrong", filters, "chips", here)}
% endif

<h2 id="own">Requests your app made</h2>
% if app.type == "public":
<p>These included a code or token issued to your app. A public app has no other way to authenticate, so its other requests are in the second list.</p>
% else:
<p>These were authenticated with the app’s secret or one of its tokens.</p>
% endif
<%self:part caption="Requests your app made" of="${own}" nothing="No request of your app was refused.">
<p>Still not working? <a href="/developer/apps/${app.client_id}/doctor">Check your app’s setup</a>.</p>
</%self:part>

<h2 id="others">From browsers and unknown senders</h2>
<p>Anyone can send these, because the client ID is public: they prove nothing about your app or its users. Similar requests are counted together, and addresses are shortened. Requests from signed-in developers of this app are marked.</p>
<%self:part caption="From browsers and unknown senders" of="${others}" nothing="Nothing was refused.">
<p>Start your app’s sign-in once. If its request is wrong, this page says why.</p>
</%self:part>

## One of the two tables, or why it is empty; the caller's body is what to do when there is nothing at all.
<%def name="part(caption, of, nothing)">
% if of.lines:
<%show:table caption="${caption}" heads="${['Last seen', 'Where', 'What was wrong', 'Sent from']}">
% for line in of.lines:
<tr>
<td data-label="Last seen">${show.moment(line.row.last_at)}${refusals.often(line.row)}</td>
<td data-label="Where">${refusals.place(line)}</td>
<td data-label="What was wrong">${refusals.reason(line)}</td>
<td data-label="Sent from">${refusals.sender(line)}</td>
</tr>
% endfor
</%show:table>
${show.pagination(*of.pages)}
% elif of.pages.newer:
<p>Nothing older. <a href="${of.pages.newer}">Back to the newest</a></p>
% elif context["problem"]:
<p>None was refused for this reason.</p>
% else:
<%show:empty text="${nothing}">
${caller.body()}
</%show:empty>
% endif
</%def>
