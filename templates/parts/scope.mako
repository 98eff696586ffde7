## Scopes: rows of the catalog as a list, and the fields of one.
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="pictures" file="/parts/icons.mako"/>
<%namespace name="consent" file="/parts/consent.mako"/>

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
${forms.field(of, "consent_text", "What users read", required=False, maxlength=200, autocomplete="off", hint="Continues “will be able to:”, for example: See your orders. If empty, they see the text above.")}
${forms.field(of, "detail", "Details for users", required=False, maxlength=300, autocomplete="off", hint="A line below it, for example: What you ordered, when, and what it cost.")}
${icon_choice(of, icons)}
${forms.tick(of, "is_sensitive", "Sensitive: highlighted when users decide")}
${forms.tick(of, "for_self_registered", "Open to self-registered apps", hint="They get all such scopes, or those they request, and no others.")}
${forms.field(of, "position", "Position", inputmode="numeric", maxlength=4, autocomplete="off", hint="The lowest number is shown first.")}
</%def>

<%def name="icon_choice(of, icons)">
<fieldset class="field"${forms.aria(of, "icon", "icon", None)}>
<legend>Icon</legend>
<div class="icon-choices">
% for name, label in [("", "General"), *icons.items()]:
<div class="option">
<input type="radio" id="icon-${loop.index}" name="icon" value="${name}" required\
% if of.get("icon") == name:
 checked\
% endif
>
<label for="icon-${loop.index}">${pictures.icon(name or "key")} ${label}</label>
</div>
% endfor
</div>
${forms.aids(of, "icon", "icon", None)}
</fieldset>
</%def>

## How users see it; the button shows what is typed now, and saves nothing.
<%def name="preview(one)">
<h2>Preview</h2>
<div class="card scope-preview">
% if one.text:
<p><strong>Some App</strong> will be able to:</p>
<ul class="permissions">${consent.permission(one)}</ul>
% else:
<p class="hint">Enter what it allows, then select Preview.</p>
% endif
</div>
</%def>
