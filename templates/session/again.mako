## The form's CSRF token is not this session’s. `kept` is what was typed, or None if our own page did not send it.
<%inherit file="/layout/frame.mako"/>
<%page args="action, kept"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Please send it once more</%def>
<%def name="kind()">narrow</%def>
<p>The page you sent this from was opened before you signed in or out, or your browser keeps no cookies for this site. So it was not done yet.</p>
% if kept is not None:
<p>What you typed is kept. Send it again if you still want it done.</p>
<%forms:form action="${action}">
% for name, value in kept:
${forms.hidden(name, value)}
% endfor
${forms.button("Send again")}
</%forms:form>
% else:
<p>Go back with your browser’s Back button (what you typed is still there), copy what you need, reload the page, and send it again.</p>
<p><a class="button" href="/">Go to the start page</a></p>
% endif
