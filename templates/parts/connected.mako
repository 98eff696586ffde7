## Users who connected `app`, each with a button that disconnects them; `ticks`: rows can be selected.
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>

<%def name="table(app, grants, ticks=False)">
<%show:table caption="Connected users" heads="${['Select'] * ticks + ['User', 'Scopes', 'Since', 'Last used', 'Action']}">
% for grant in grants:
<tr>
% if ticks:
<td data-label="Select">${forms.tickbox(grant.grant_id, grant.email)}</td>
% endif
<td data-label="User" class="main"><a href="/admin/users/${grant.user_id}">${grant.email}</a> <span class="muted wide">${grant.name}</span></td>
<td data-label="Scopes" class="bare">${" ".join(grant.scopes)}</td>
<td data-label="Since" class="wide">${show.moment(grant.created_at)}</td>
<td data-label="Last used">${show.moment_or(grant.last_used_at, "never")}</td>
<td data-label="Action" class="end">${forms.post(f"/admin/users/{grant.user_id}/grants/{grant.grant_id}/end", "Disconnect", "danger", unseen=grant.email, app=app.client_id)}</td>
</tr>
% endfor
</%show:table>
</%def>
