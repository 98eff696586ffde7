## Asks for confirmation: what developers added to an approved app is rejected, and the app stays as it is.
<%inherit file="/layout/admin.mako"/>
<%page args="waiting, form, seen"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%namespace name="proposal" file="/parts/proposal.mako"/>
<%def name="title()">Reject the changes to ${waiting.app.name}?</%def>
<p>${waiting.app.name} keeps working as before. Its developers see the reason on its settings page.</p>
${proposal.table(waiting.changes)}
<%sure:form action="/admin/apps/${waiting.app.client_id}/reject-change" button="Reject changes" back="/admin/review" of="${form}">
${forms.hidden("seen", seen)}
${forms.area(form, "reason", "Reason", rows=3, maxlength=500, hint="Say what needs to change.")}
</%sure:form>
