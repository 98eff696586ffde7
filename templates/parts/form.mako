## Every form that posts is made by form(): it carries the CSRF field, so that no form can forget it.
## `of` is a routes.forms.Form: what was typed (kept) and what is wrong with it (beside the field).

## `csrf` is given only where the field says more than the session's token (the consent page).
<%def name="form(action, of=None, id=None, csrf=None)">
<form method="post" action="${action}"\
% if id:
 id="${id}"\
% endif
>
<input type="hidden" name="csrf" value="${csrf or visitor.csrf}">
% if of is not None:
${problems(of)}
% endif
${caller.body()}
</form>
</%def>

<%def name="problems(of)">
% if of.problem:
<p class="problem" role="alert">${of.problem}</p>
% elif of.errors:
<p class="problem" role="alert">Please look at the marked fields; everything else is kept.</p>
% endif
</%def>

<%def name="hidden(name, value)"><input type="hidden" name="${name}" value="${value}"></%def>

<%def name="button(label, kind='primary')"><button class="${kind}" type="submit">${label}</button></%def>

<%def name="aids(of, name, id, hint)">
% if hint:
<p class="hint" id="${id}-hint">${hint}</p>
% endif
% if name in of.errors:
<div class="error" id="${id}-error">
% for reason in of.errors[name]:
<p>${reason}</p>
% endfor
</div>
% endif
</%def>

<%def name="aria(of, name, id, hint)">\
% if hint and name in of.errors:
 aria-describedby="${id}-hint ${id}-error"\
% elif hint:
 aria-describedby="${id}-hint"\
% elif name in of.errors:
 aria-describedby="${id}-error"\
% endif
% if name in of.errors:
 aria-invalid="true"\
% endif
</%def>

## Where typing begins: the first field with an error, or else the one that the page names.
<%def name="focus(of, name, autofocus=False)">\
% if next(iter(of.errors), None) == name or autofocus and not of.errors:
 autofocus\
% endif
</%def>

## One line. A password is never written into a page: it is typed again.
<%def name="field(of, name, label, type='text', autocomplete=None, hint=None, required=True, maxlength=None, id=None, inputmode=None, autofocus=False)">
<div class="field">
<label for="${id or name}">${label}\
% if not required:
 <span class="optional">(optional)</span>\
% endif
</label>
<input type="${type}" id="${id or name}" name="${name}"\
% if type != "password":
 value="${of.get(name)}"\
% endif
% if autocomplete:
 autocomplete="${autocomplete}"\
% endif
% if maxlength:
 maxlength="${maxlength}"\
% endif
% if inputmode:
 inputmode="${inputmode}"\
% endif
% if required:
 required\
% endif
${focus(of, name, autofocus)}${aria(of, name, id or name, hint)}>
${aids(of, name, id or name, hint)}
</div>
</%def>

## Several lines. The line end after the tag is swallowed by the HTML parser, and keeps a first empty line.
<%def name="area(of, name, label, rows=4, hint=None, required=True, maxlength=None, id=None)">
<div class="field">
<label for="${id or name}">${label}\
% if not required:
 <span class="optional">(optional)</span>\
% endif
</label>
<textarea id="${id or name}" name="${name}" rows="${rows}"\
% if maxlength:
 maxlength="${maxlength}"\
% endif
% if required:
 required\
% endif
${focus(of, name)}${aria(of, name, id or name, hint)}>
${of.get(name)}</textarea>
${aids(of, name, id or name, hint)}
</div>
</%def>

## Radio buttons: choices are (value, label, hint or None).
<%def name="choice(of, name, legend, choices, hint=None)">
<fieldset class="field"${aria(of, name, name, hint)}>
<legend>${legend}</legend>
% for value, label, aside in choices:
<div class="option">
<input type="radio" id="${name}-${loop.index}" name="${name}" value="${value}" required\
% if of.get(name) == value:
 checked\
% endif
>
<label for="${name}-${loop.index}">${label}\
% if aside:
 <span class="hint">${aside}</span>\
% endif
</label>
</div>
% endfor
${aids(of, name, name, hint)}
</fieldset>
</%def>

## Boxes of one name (their names are in routes.forms.MAY_REPEAT): choices are (value, label, hint or None).
<%def name="boxes(of, name, legend, choices, hint=None)">
<fieldset class="field"${aria(of, name, name, hint)}>
<legend>${legend}</legend>
% for value, label, aside in choices:
<div class="option">
<input type="checkbox" id="${name}-${loop.index}" name="${name}" value="${value}"\
% if value in of.all(name):
 checked\
% endif
>
<label for="${name}-${loop.index}">${label}\
% if aside:
 <span class="hint">${aside}</span>\
% endif
</label>
</div>
% endfor
${aids(of, name, name, hint)}
</fieldset>
</%def>

## One box that says yes.
<%def name="tick(of, name, label, hint=None, value='yes')">
<div class="field">
<div class="option">
<input type="checkbox" id="${name}" name="${name}" value="${value}"\
% if of.get(name) == value:
 checked\
% endif
${aria(of, name, name, hint)}>
<label for="${name}">${label}</label>
</div>
${aids(of, name, name, hint)}
</div>
</%def>

## A search: it changes nothing, so it is a GET and has no CSRF field.
<%def name="search(action, label, value, name='q')">
<form method="get" action="${action}" class="search" role="search">
<label for="search-${name}">${label}</label>
<input type="search" id="search-${name}" name="${name}" value="${value}">
<button type="submit">Search</button>
</form>
</%def>
