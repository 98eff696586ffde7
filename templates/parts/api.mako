## The fields of a new API and of one that is edited: `of` is a routes.forms.Form, `scopes` are those it can accept.
<%namespace name="forms" file="/parts/form.mako"/>

<%def name="fields(of, scopes, is_new=False)">
${forms.field(of, "name", "Name", maxlength=80, autocomplete="off")}
% if is_new:
${forms.field(of, "resource", "Address (resource URI)", inputmode="url", maxlength=2000, autocomplete="off", hint="For example https://api.example.com. Apps name it to get tokens for this API alone.")}
% endif
${forms.boxes(of, "scopes", "Scopes it accepts", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint="Tokens that name no API are accepted if they have one of these scopes. The API sees no other scopes of a token. If you choose none, it accepts only tokens that name it, and sees all scopes of tokens issued for it alone.", tags={scope.scope: [("deprecated", "plain")] for scope in scopes if scope.deprecated})}
${forms.tick(of, "demands_audience", "Accept only tokens issued for this API", hint="Apps must then send its address as resource (RFC 8707). Tokens that name no API are refused from the next request on.")}
</%def>
