## A block of code in color: the body is its text. `file` is the name it is saved under, `id` what a test finds it by.
## The script adds a copy button to the head, outside the code, so that it is not part of a selection.
<%def name="block(language, id=None, file='')">
<div class="code" data-copy>
<p class="code-head"><span>${file or CODE_LANGUAGES[language].title}</span></p>
<pre tabindex="0"><code\
% if id:
 id="${id}"\
% endif
>\
% for kind, text in highlighted(language, capture(caller.body)):
% if kind:
<span class="${kind}">${text}</span>\
% else:
${text}\
% endif
% endfor
</code></pre>
</div>
</%def>
