## Asks for confirmation: the name of the app must be entered.
<%inherit file="/layout/app.mako"/>
<%page args="app, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Delete ${app.name}?</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/danger</%def>
<p>You can’t undo this. All its tokens are revoked immediately\
% if app.users:
, and the ${count_text(app.users)} ${"user" if app.users == 1 else "users"} who connected it lose access\
% endif
. Its client ID never works again.</p>
<%sure:form action="/developer/apps/${app.client_id}/delete" button="Delete the app" back="/developer/apps/${app.client_id}/danger" of="${form}">
${forms.field(form, "name", "Name of the app", hint=f"To confirm, type: {app.name}", autocomplete="off")}
</%sure:form>
