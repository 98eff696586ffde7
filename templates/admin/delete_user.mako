## Asks for confirmation, and what happens to the apps that the user owns.
<%inherit file="/layout/admin.mako"/>
<%page args="user, apps, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Delete ${user.name}?</%def>
<p>You can’t undo this. ${user.email} is signed out everywhere, all apps they connected are disconnected, and they leave every team. Their email, name and password are erased; if they sign up again, it’s a new account.</p>
<p>The audit log keeps their history under the user ID for 400 days. To lock the account without deleting it, disable the user instead.</p>
<%sure:form action="/admin/users/${user.user_id}/delete" button="Delete the user" back="/admin/users/${user.user_id}" of="${form}">
% if apps:
<p>They own ${number(len(apps))} ${"app" if len(apps) == 1 else "apps"}:</p>
<ul>
% for app in apps:
<li>${app.name}: ${count_text(app.users)} ${"user" if app.users == 1 else "users"} connected</li>
% endfor
</ul>
${forms.choice(form, "apps", "Their apps", [
    ("keep", "Keep them", "Connected users stay connected, and nobody new can connect until you transfer the app."),
    ("delete", "Delete them too", "All their tokens are revoked, and their client IDs never work again."),
])}
% endif
</%sure:form>
