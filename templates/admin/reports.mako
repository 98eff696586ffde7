## What people, or the server itself, reported about apps, newest first.
<%inherit file="/layout/admin.mako"/>
<%page args="reports, reasons, more"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Reports</%def>
% if reports:
<p class="lead">Look at each app, then suspend it or close its reports.</p>
<%show:table caption="Reports" heads="${['App', 'What is wrong', 'Reported', 'Change']}">
% for report in reports:
<tr>
<td data-label="App"><a href="/admin/apps/${report.client_id}">${report.name}</a>\
% if report.suspended_at:
 ${show.tag("suspended", "bad")}\
% endif
</td>
<td data-label="What is wrong" class="bare">${reasons[report.reason].text}\
% if report.comment:
: <q class="wrap">${report.comment}</q>\
% endif
</td>
<td data-label="Reported">${show.moment(report.reported_at)}\
% if report.user_id:
 by <a href="/admin/users/${report.user_id}">${report.email}</a>\
% endif
</td>
<td data-label="Change" class="end">${forms.post(f"/admin/apps/{report.client_id}/close-reports", "Close", "quiet", "the reports about " + report.name, last=report.report_id)}</td>
</tr>
% endfor
</%show:table>
${show.pagination(*more, ("First page", "Next page"))}
<p><a href="/admin/reports.csv">Download as CSV</a></p>
% else:
<%show:empty text="No reports.">
<p>People can report an app from its consent page and from their connected apps.</p>
</%show:empty>
% endif
