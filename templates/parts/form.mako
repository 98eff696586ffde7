## Every form that posts is made by form(), so that none can forget the CSRF field. A preview (routes.previews) has none.
## `of` is a routes.forms.Form: the values entered and what is wrong with each.

<%namespace name="show" file="/parts/show.mako"/>

## `csrf` replaces the session's token (on the consent page); `upload` is for forms with a file (a guard in the map
## reads it).
## `id` is for fields that stand elsewhere on the page (tickbox).
<%def name="form(action, of=None, csrf=None, upload=False, id=None)">
% if request.preview:
<div>
${caller.body()}
</div>
% else:
${posting(action, of, csrf, upload, id, caller.body)}
% endif
</%def>

<%def name="posting(action, of, csrf, upload, id, body)">
<form method="post" action="${action}"\
% if id:
 id="${id}"\
% endif
% if upload:
 enctype="multipart/form-data"\
% endif
>
<input type="hidden" name="csrf" value="${csrf or request.form_token}">
% if of is not None:
% if of.shown:
${hidden("shown", of.shown)}
% endif
${problems(of)}
% endif
${body()}
</form>
</%def>

<%def name="problems(of)">
% if of.conflict:
${conflict(of.conflict)}
% elif of.problem:
<p class="notice bad" role="alert">${of.problem}</p>
% elif of.errors:
<p class="notice bad" role="alert">Fix ${len(of.errors)} field${"s" if len(of.errors) > 1 else ""}.</p>
% endif
</%def>

## Someone saved the record after this form was opened.
<%def name="conflict(found)">
<div class="notice bad" id="conflict" role="alert">
<p><strong>Not saved: someone changed this after you opened the form.</strong> What you entered is still below.</p>
% if found.differences:
<p>Compare the two versions, correct the form, and save again.</p>
% else:
<p>Check the form, then save again.</p>
% endif
</div>
% if found.differences:
<%show:table caption="What differs" heads="${['Field', 'Saved now', 'In your form']}">
% for difference in found.differences:
<tr>
<td data-label="Field">${difference.label}</td>
<td data-label="Saved now">${lines(difference.saved)}</td>
<td data-label="In your form">${lines(difference.typed)}</td>
</tr>
% endfor
</%show:table>
% endif
</%def>

<%def name="lines(texts)">
<ul class="plain">
% for text in texts:
<li><code class="wrap">${text}</code></li>
% endfor
</ul>
</%def>

<%def name="hidden(name, value)"><input type="hidden" name="${name}" value="${value}"></%def>

## What was posted and is to be posted again: pairs of name and value.
<%def name="hidden_all(fields)">
% for name, value in fields:
${hidden(name, value)}
% endfor
</%def>

## A form that is one button; `fields` are hidden.
<%def name="post(action, label, kind='primary', unseen='', **fields)">
<%call expr="form(action)">
${hidden_all(fields.items())}
${button(label, kind, unseen)}
</%call>
</%def>

## `unseen`: what screen readers read after the label, if several buttons of a page share one.
<%def name="button(label, kind='primary', unseen='')"><button class="${kind}" type="submit">${label}\
% if unseen:
<span class="unseen"> ${unseen}</span>\
% endif
</button></%def>

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

## `required` is None where that depends on other fields.
<%def name="label(name, text, required)">
<label for="${name}">${text}\
% if required is False:
 <span class="optional">(optional)</span>\
% endif
</label>
</%def>

## What fields of one and of several lines have in common.
<%def name="attributes(of, name, hint, required, maxlength, autofocus=False)">\
 id="${name}" name="${name}"\
% if maxlength:
 maxlength="${maxlength}"\
% endif
% if required:
 required\
% endif
${focus(of, name, autofocus)}${aria(of, name, name, hint)}</%def>

## One line. A password is never written into a page: it is typed again.
<%def name="field(of, name, text, type='text', autocomplete=None, hint=None, required=True, maxlength=None, inputmode=None, autofocus=False)">
<div class="field">
${label(name, text, required)}
<input type="${type}"${attributes(of, name, hint, required, maxlength, autofocus)}\
% if type != "password":
 value="${of.get(name)}"\
% endif
% if autocomplete:
 autocomplete="${autocomplete}"\
% endif
% if inputmode:
 inputmode="${inputmode}"\
% endif
>
${aids(of, name, name, hint)}
</div>
</%def>

## Several lines. The line end after the tag is swallowed by the HTML parser, and keeps a first empty line.
<%def name="area(of, name, text, rows=4, hint=None, required=True, maxlength=None)">
<div class="field">
${label(name, text, required)}
<textarea rows="${rows}"${attributes(of, name, hint, required, maxlength)}>
${of.get(name)}</textarea>
${aids(of, name, name, hint)}
</div>
</%def>

## Radio buttons: choices are (value, text, hint or None).
<%def name="choice(of, name, legend, choices, hint=None)">
<fieldset class="field"${aria(of, name, name, hint)}>
<legend>${legend}</legend>
% for value, text, aside in choices:
<div class="option">
<input type="radio" id="${name}-${loop.index}" name="${name}" value="${value}" required\
% if of.get(name) == value:
 checked\
% endif
${focus(of, name) if loop.first else ""}>
<label for="${name}-${loop.index}">${text}\
% if aside:
 <span class="hint">${aside}</span>\
% endif
</label>
</div>
% endfor
${aids(of, name, name, hint)}
</fieldset>
</%def>

## Boxes of one name (their names are in routes.forms.MAY_REPEAT): choices are (value, text, hint or None);
## `tags` are tags shown beside some of them: value → [(word, kind of show.tag)].
<%def name="boxes(of, name, legend, choices, hint=None, tags={})">
<fieldset class="field"${aria(of, name, name, hint)}>
<legend>${legend}</legend>
% for value, text, aside in choices:
<div class="option">
<input type="checkbox" id="${name}-${loop.index}" name="${name}" value="${value}"\
% if value in of.all(name):
 checked\
% endif
${focus(of, name) if loop.first else ""}>
<label for="${name}-${loop.index}">${text}\
% for word, kind in tags.get(value, ()):
 <span class="tag ${kind}">${word}</span>\
% endfor
% if aside:
 <span class="hint">${aside}</span>\
% endif
</label>
</div>
% endfor
${aids(of, name, name, hint)}
</fieldset>
</%def>

## A file. Whether one was chosen is not known when the page is shown again, so it is never required.
## The script refuses a file of more than `most` bytes before it is sent.
<%def name="file(of, name, text, accept, hint=None, most=524288)">
<div class="field">
${label(name, text, required=False)}
<input type="file" id="${name}" name="${name}" accept="${accept}" data-most="${most}"${focus(of, name)}${aria(of, name, name, hint)}>
${aids(of, name, name, hint)}
</div>
</%def>

## The box of a row in a list, for the form "ticked" below the list.
<%def name="tickbox(value, name)"><input type="checkbox" name="ticked" value="${value}" form="ticked" aria-label="Select ${name}"></%def>

## The form below a list whose rows have boxes; `actions` are (value, label).
<%def name="ticked(action, actions)">
<%call expr="form(action, id='ticked')">
<div class="actions">
<span>With the selected rows:</span>
% for value, text in actions:
<button class="danger" type="submit" name="action" value="${value}">${text}</button>
% endfor
</div>
</%call>
</%def>

## One box that says yes.
<%def name="tick(of, name, text, hint=None, value='yes')">
<div class="field">
<div class="option">
<input type="checkbox" id="${name}" name="${name}" value="${value}"\
% if of.get(name) == value:
 checked\
% endif
${aria(of, name, name, hint)}>
<label for="${name}">${text}</label>
</div>
${aids(of, name, name, hint)}
</div>
</%def>
