## The form's CSRF token is not this session’s. `kept` is what was typed, or None if our own page did not send it.
<%inherit file="/layout/frame.mako"/>
<%page args="action, kept"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Submit again</%def>
<%def name="kind()">narrow</%def>
<p>Nothing was changed: you signed in or out after you opened that page, or your browser blocks cookies for this site.</p>
% if kept is not None:
<p>What you entered is kept. Submit it again if you still want to make this change.</p>
<%forms:form action="${action}">
${forms.hidden_all(kept)}
${forms.button("Submit again")}
</%forms:form>
% else:
<p>Use your browser’s Back button to return to what you entered. Copy what you need, reload the page, and submit it again.</p>
<p><a class="button" href="/">Go to the start page</a></p>
% endif
