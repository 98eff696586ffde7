## The answer to the form that made an API: the one page that ever shows its secret.
<%inherit file="/layout/admin.mako"/>
<%page args="api, credentials, issuer"/>
<%namespace name="secret" file="/parts/secret.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">${api.name} is registered</%def>
<%secret:once client_id="${credentials.client_id}" secret="${credentials.client_secret}" way_on="/admin/apis/${credentials.client_id}">
<p>The API uses these to check each token it receives (introspection, RFC 7662). Store both in its configuration and nowhere else. The introspection endpoint is:</p>
<p>${show.copyable(f"{issuer}/oauth/introspect")}</p>
</%secret:once>
