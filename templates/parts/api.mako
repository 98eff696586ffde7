## The fields of a new API, and of one that is changed: `of` is a routes.forms.Form, `scopes` are those it can accept.
<%namespace name="forms" file="/parts/form.mako"/>

<%def name="fields(of, scopes, is_new=False)">
${forms.field(of, "name", "Name", maxlength=80, autocomplete="off")}
% if is_new:
${forms.field(of, "resource", "Address (resource URI)", inputmode="url", maxlength=2000, autocomplete="off", hint="For example https://api.example.com. Apps name it to get tokens for this API alone.")}
% endif
${forms.boxes(of, "scopes", "Scopes it accepts", [(scope.scope, scope.description, scope.scope) for scope in scopes], hint="A token that names no API is meant for this one if it holds one of these. With none, the API sees only tokens that name it.", tags={scope.scope: [("retired", "plain")] for scope in scopes if scope.retired})}
</%def>
