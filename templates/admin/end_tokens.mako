## Are you sure.
<%inherit file="/layout/admin.mako"/>
<%page args="app"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">End all tokens of ${app.name}?</%def>
<p>Every code and token of this app ends at once, for every user\
% if app.users:
 (${f"{app.users:,}"} connected now)\
% endif
. This cannot be undone: each user has to allow the app again.</p>
<p>To stop the app for a while only, suspend it instead: then nothing is lost.</p>
<%forms:form action="/admin/apps/${app.client_id}/end-tokens">
<div class="actions">
${forms.button("End all tokens", "danger")}
<a href="/admin/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>
