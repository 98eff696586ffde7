## The answer to the form that made an API: the one page that ever shows its secret.
<%inherit file="/layout/admin.mako"/>
<%page args="api, credentials, issuer"/>
<%namespace name="secret" file="/parts/secret.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">${api.name} is registered</%def>
<%secret:once client_id="${credentials.client_id}" secret="${credentials.client_secret}" way_on="/admin/apis/${credentials.client_id}">
<p>With these the API asks about each token it gets (introspection, RFC 7662). Both go into its configuration, and nowhere else. It asks at:</p>
<p>${show.copyable(f"{issuer}/oauth/introspect")}</p>
</%secret:once>
