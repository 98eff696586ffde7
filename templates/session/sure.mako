## Are you sure (routes.page_guards.SureQuestion)? What was posted waits in hidden fields.
<%inherit file="/layout/frame.mako"/>
<%page args="question, back, action, kept"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">${question.title}</%def>
<%def name="kind()">narrow</%def>
% for text in question.consequences:
<p>${text}</p>
% endfor
% if question.items:
<ul class="wrap">
% for item in question.items:
<li>${item}</li>
% endfor
</ul>
% endif
<%sure:form action="${action}" button="${question.button}" back="${back}" kind="${question.kind}">
${forms.hidden_all(kept)}
${forms.hidden("sure", "yes")}
${forms.hidden("back", back)}
</%sure:form>
