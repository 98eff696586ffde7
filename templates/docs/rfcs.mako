## RFCs: which one is implemented where.
<%inherit file="/layout/docs.mako"/>
<%page args="place, rfcs"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>OAuth 2.1, still a draft, is what these say together: PKCE for everyone, exact redirect URIs, no implicit grant and no password grant. Paths are relative to <code>oauthsrv/</code> and <code>tests/</code> in the source.</p>
<%show:table caption="RFCs" heads="${['RFC', 'Sections', 'Endpoint', 'Code', 'Test']}">
% for rfc, sections, endpoint, code, test in rfcs:
<tr>
<td data-label="RFC">${rfc}</td>
<td data-label="Sections">${sections}</td>
<td data-label="Endpoint" class="bare">\
% if endpoint:
<code class="wrap">${endpoint}</code>\
% endif
</td>
<td data-label="Code" class="wide"><code class="wrap">${code}</code></td>
<td data-label="Test" class="wide"><code class="wrap">${test}</code></td>
</tr>
% endfor
</%show:table>
