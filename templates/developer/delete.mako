## Are you sure: the name of the app is typed before it goes.
<%inherit file="/layout/developer.mako"/>
<%page args="app, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Delete ${app.name}?</%def>
<p>This cannot be undone. Every token of the app ends at once\
% if app.users:
, and the ${f"{app.users:,}"} ${"user" if app.users == 1 else "users"} who connected it lose it\
% endif
. Its client id never works again.</p>
<%forms:form action="/developer/apps/${app.client_id}/delete" of="${form}">
${forms.field(form, "name", "Name of the app", hint=f"To be sure, type: {app.name}", autocomplete="off")}
<div class="actions">
${forms.button("Delete the app", "danger")}
<a href="/developer/apps/${app.client_id}">Keep it</a>
</div>
</%forms:form>
