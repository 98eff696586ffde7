## Asks for confirmation. An app waiting for approval is rejected this way (`rejects`).
<%inherit file="/layout/admin.mako"/>
<%page args="app, form, rejects"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">${"Reject" if rejects else "Suspend"} ${app.name}?</%def>
% if rejects:
<p>The app is suspended and leaves the queue: nobody can connect it, not even its owner. Its developers see your reason. When they have fixed the problem, reactivate the app to put it back in the queue.</p>
% else:
<p>Takes effect immediately: users can’t connect it, and its tokens are refused\
% if app.users:
 (${count_text(app.users)} ${"user has" if app.users == 1 else "users have"} connected it)\
% endif
. Nothing is lost: if you reactivate it, its tokens work again and users stay connected.</p>
% endif
<%sure:form action="/admin/apps/${app.client_id}/suspend" button="${'Reject the app' if rejects else 'Suspend the app'}" back="${'/admin/review' if rejects else f'/admin/apps/{app.client_id}'}" of="${form}">
% if rejects:
${forms.hidden("from", "review")}
% endif
${forms.area(form, "reason", "Reason", rows=3, required=rejects, maxlength=500, hint="The developers of the app see it, and so does anyone who reads the audit log.")}
</%sure:form>
