## Who connected one app.
<%inherit file="/layout/admin.mako"/>
<%page args="app, form, grants, more, file"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%namespace name="connected" file="/parts/connected.mako"/>
<%def name="title()">Users of ${app.name}</%def>
<p><a href="/admin/apps/${app.client_id}">Back to ${app.name}</a></p>
<%filter:form action="/admin/apps/${app.client_id}/users">
${filter.text(form, "q", "Email or name starts with")}
</%filter:form>
% if grants:
${connected.table(app, grants, ticks=True)}
${forms.ticked(f"/admin/apps/{app.client_id}/users/ticked", [("revoke", "Disconnect")])}
${show.pagination(*more)}
<p><a href="${file}">Download as CSV</a></p>
% elif form.text("q"):
<%show:empty text="No connected user matches.">
<p><a href="/admin/apps/${app.client_id}/users">Show all users of the app</a></p>
</%show:empty>
% else:
<%show:empty text="Nobody is connected.">
<p>Users who connect this app are listed here.</p>
</%show:empty>
% endif
