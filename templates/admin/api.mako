## One API.
<%inherit file="/layout/admin.mako"/>
<%page args="api, scopes, issuer"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">${api.name}</%def>
<dl class="facts">
<dt>Address (resource URI)</dt>
<dd><code class="wrap">${api.resource}</code></dd>
<dt>Scopes it accepts</dt>
<dd>\
% if scopes:

<ul class="plain">
% for scope in scopes:
<li>${scope.description} <code>${scope.scope}</code></li>
% endfor
</ul>
% else:
none: it sees only tokens that name it\
% endif
</dd>
<dt>Client id</dt>
<dd><code class="wrap">${api.client_id}</code></dd>
<dt>Introspection</dt>
<dd><code class="wrap">${issuer}/oauth/introspect</code></dd>
<dt>Registered</dt>
<dd>${show.moment(api.created_at)}</dd>
</dl>
<p><a href="/admin/log?app=${api.client_id}">Events of this API</a></p>
