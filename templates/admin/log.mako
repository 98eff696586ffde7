## The audit log.
<%inherit file="/layout/admin.mako"/>
<%page args="form, events, actions, filtered, newer, older"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%def name="title()">Audit log</%def>
<form method="get" action="/admin/log" class="search" role="search">
% for name, label in [("user", "E-mail or id of a user"), ("app", "Name or client id of an app or API")]:
<div class="field">
<label for="${name}">${label}</label>
<input type="search" id="${name}" name="${name}" value="${form.get(name)}"${forms.aria(form, name, name, None)}>
${forms.aids(form, name, name, None)}
</div>
% endfor
<div class="field">
<label for="action">What happened</label>
<select id="action" name="action">
<option value="">Anything</option>
% for action, label in actions.items():
<option value="${action}"\
% if action == form.get("action"):
 selected\
% endif
>${label}</option>
% endfor
</select>
</div>
<button type="submit">Show</button>
</form>
% if events:
${log.table("Audit log", events)}
% elif filtered:
<%show:empty text="No event fits.">
<p><a href="/admin/log">Show all events</a></p>
</%show:empty>
% else:
<p>Nothing happened yet.</p>
% endif
${show.pagination(newer, older)}
