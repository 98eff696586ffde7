## The APIs that check tokens.
<%inherit file="/layout/admin.mako"/>
<%page args="apis, more"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">APIs</%def>
% if apis or more.newer:
<p class="actions"><a class="button" href="/admin/apis/new">Register an API</a></p>
<%show:table caption="APIs" heads="${['Name', 'Address', 'Scopes it accepts', 'Registered']}">
% for api in apis:
<tr>
<td data-label="Name"><a href="/admin/apis/${api.client_id}">${api.name}</a></td>
<td data-label="Address" class="bare"><code class="wrap">${api.resource}</code></td>
<td data-label="Scopes it accepts" class="wide">${" ".join(api.scopes) or "–"}</td>
<td data-label="Registered" class="wide">${show.moment(api.created_at)}</td>
</tr>
% endfor
</%show:table>
${show.pagination(*more)}
<p><a href="/admin/apis.csv">Download as CSV</a></p>
% else:
<%show:empty text="No APIs yet. A registered API can check the tokens that apps send it.">
<p><a class="button" href="/admin/apis/new">Register an API</a></p>
</%show:empty>
% endif
