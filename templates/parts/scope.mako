## Scopes: rows of the catalogue as a list, and the fields of one.
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>

## `optional` are those that users may leave out.
<%def name="listed(scopes, optional=())">
<ul class="plain">
% for scope in scopes:
<li>${scope.description} <code>${scope.scope}</code>
% if scope.is_sensitive:
${show.tag("sensitive", "warn")}
% endif
% if scope.scope in optional:
${show.tag("optional")}
% endif
% if scope.deprecated:
${show.tag("deprecated")}
% endif
</li>
% endfor
</ul>
</%def>

<%def name="fields(of, icons)">
${forms.field(of, "description", "What it allows", maxlength=200, autocomplete="off", hint="For developers, for example: Read orders.")}
${forms.field(of, "consent_text", "What users read", required=False, maxlength=200, autocomplete="off", hint="Continues “will be able to:”, for example: See your orders. Empty: they read the text above.")}
${forms.field(of, "detail", "Details for users", required=False, maxlength=300, autocomplete="off", hint="A line below it, for example: What you ordered, when, and what it cost.")}
${forms.choice(of, "icon", "Icon", [("", "None of these", None), *((name, label, None) for name, label in icons.items())])}
${forms.tick(of, "is_sensitive", "Sensitive: highlighted when users decide")}
${forms.tick(of, "for_self_registered", "Open to self-registered apps", hint="They get all such scopes, or those they request, and no others.")}
${forms.field(of, "position", "Position", inputmode="numeric", maxlength=4, autocomplete="off", hint="The lowest number is shown first.")}
</%def>
