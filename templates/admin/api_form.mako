## Registering an API, or changing one (`api`). Its resource URI never changes: tokens name it. Registering, `form` also
## holds a token of the form itself: it makes one API, however often it is sent.
<%inherit file="/layout/admin.mako"/>
<%page args="api, form, scopes"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">${f"Change {api.name}" if api else "Register an API"}</%def>
% if api:
<dl class="facts">
<dt>Address (resource URI)</dt>
<dd><code class="wrap">${api.resource}</code> <span class="muted">can’t be changed, because tokens name it</span></dd>
</dl>
% endif
<%forms:form action="${f'/admin/apis/{api.client_id}/edit' if api else '/admin/apis'}" of="${form}">
% if api is None:
${forms.hidden("form", form.get("form"))}
% endif
${forms.field(form, "name", "Name", maxlength=80, autocomplete="off")}
% if api is None:
${forms.field(form, "resource", "Address (resource URI)", inputmode="url", maxlength=2000, autocomplete="off", hint="For example https://api.example.com. Apps name it to get tokens for this API only.")}
% endif
${forms.boxes(form, "scopes", "Scopes it accepts", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint="Tokens that name no API are accepted if they have one of these scopes. The API sees no other scopes of a token. If you choose none, it accepts only tokens that name it, and sees all scopes of tokens issued for it alone.", tags={scope.scope: [("deprecated", "plain")] for scope in scopes if scope.deprecated})}
${forms.tick(form, "demands_audience", "Accept only tokens issued for this API", hint="Apps must then send its address as resource (RFC 8707). Tokens that name no API are refused from the next request on.")}
<div class="actions">
${forms.button("Save" if api else "Register the API")}
<a href="${f'/admin/apis/{api.client_id}' if api else '/admin/apis'}">Cancel</a>
</div>
</%forms:form>
