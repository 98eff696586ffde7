## Forms that filter a list: they change nothing, so they are GETs and have no CSRF field.
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="icons" file="/parts/icons.mako"/>

<%def name="form(action, button='Search')">
<form method="get" action="${action}" class="search" role="search">
${caller.body()}
<button type="submit">${button}</button>
</form>
</%def>

## The same for many fields. On a phone they are behind a button, unless one is in use.
<%def name="folded(action, is_open, button='Search', label='Filter')">
<details class="menu filters"${" open" if is_open else ""}>
<summary>${icons.icon("search")}${label}</summary>
<%call expr="form(action, button)">${caller.body()}</%call>
</details>
</%def>

## An invalid value is reported beside its field, as in every form: `of` is a routes.forms.Form.
<%def name="text(of, name, label, type='search')">
<div class="field">
<label for="filter-${name}">${label}</label>
<input type="${type}" id="filter-${name}" name="${name}" value="${of.get(name)}"${forms.aria(of, name, f"filter-{name}", None)}>
${forms.aids(of, name, f"filter-{name}", None)}
</div>
</%def>

## `options` are (value, label); the first one means all.
<%def name="select(of, name, label, options)">
<div class="field">
<label for="filter-${name}">${label}</label>
<select id="filter-${name}" name="${name}">
% for value, option in options:
<option value="${value}"\
% if value == of.get(name):
 selected\
% endif
>${option}</option>
% endfor
</select>
</div>
</%def>
