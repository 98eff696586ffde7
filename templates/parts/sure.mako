## The end of a page that asks "are you sure": the button that does it, and the way back. The caller's body holds further fields.
<%namespace name="forms" file="/parts/form.mako"/>

<%def name="form(action, button, back, of=None, kind='danger')">
<%forms:form action="${action}" of="${of}">
${caller.body()}
<div class="actions">
${forms.button(button, kind)}
<a href="${back}">Cancel</a>
</div>
</%forms:form>
</%def>
