## Are you sure. An app that waits for approval is declined this way (`declines`).
<%inherit file="/layout/admin.mako"/>
<%page args="app, form, declines"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">${"Decline" if declines else "Suspend"} ${app.name}?</%def>
% if declines:
<p>The app is suspended and leaves the queue: nobody can connect it, not even its owner. Its developers read your reason; once they have mended it you can reactivate the app, and it waits for approval again.</p>
% else:
<p>Nothing of this app works from the next request on: users cannot connect it, and its tokens are refused\
% if app.users:
 (${number(app.users)} ${"user has" if app.users == 1 else "users have"} connected it)\
% endif
. Nothing is lost: reactivated, all of it works again, and no user has to connect again.</p>
% endif
<%sure:form action="/admin/apps/${app.client_id}/suspend" button="${'Decline the app' if declines else 'Suspend the app'}" back="${'/admin/review' if declines else f'/admin/apps/{app.client_id}'}" of="${form}">
% if declines:
${forms.hidden("from", "review")}
% endif
${forms.area(form, "reason", "Reason", rows=3, required=declines, maxlength=500, hint="The developers of the app read it, and so does who reads the audit log.")}
</%sure:form>
