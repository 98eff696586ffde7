## One program, what it needs, and how to run it. `q` is a routes.developer.quickstart.Quickstart.
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="curl" file="/quickstart/curl.mako"/>
<%namespace name="python" file="/quickstart/python.mako"/>
<%namespace name="authlib" file="/quickstart/authlib.mako"/>
<%namespace name="node" file="/quickstart/node.mako"/>

## Where the browser will end, and what to do where it cannot end on this machine.
<%def name="coming_back(q, settings)">
% if q.redirect_uri is None:
<p class="notice warn">No redirect URI of this app leads to a web page, so nothing here could pick up its code. <a href="${settings}">Add the redirect URI</a> <code>http://127.0.0.1/callback</code> for tries on your own machine: it stands for every port.</p>
% elif not q.on_this_machine:
<p class="notice warn">The browser will end on <code class="wrap">${q.redirect_uri}</code>. If your app already answers there, it takes the code before you can paste it. For tries on your own machine <a href="${settings}">add the redirect URI</a> <code>http://127.0.0.1/callback</code>: it stands for every port.</p>
% endif
</%def>

<%def name="program(q, language, settings)">
% if language.name == "python" and q.listens is None:
<p>Our client waits for the browser on your machine. <a href="${settings}">Add the redirect URI</a> <code>http://127.0.0.1/callback</code>, then this tab shows the program.</p>
% else:
<p>You need ${language.needs}. Save this as <code>${language.file}</code>:</p>
<pre tabindex="0" data-copy><code id="${language.name}-code">\
% if language.name == "curl":
${curl.code(q)}\
% elif language.name == "python":
${python.code(q)}\
% elif language.name == "authlib":
${authlib.code(q)}\
% else:
${node.code(q)}\
% endif
</code></pre>
% if language.install:
<p>Install what it uses:</p>
<pre tabindex="0" data-copy><code>${language.install}</code></pre>
% endif
<p>Run it:</p>
<pre tabindex="0" data-copy><code id="${language.name}-run">\
% if q.secret is not None:
export CLIENT_SECRET=${q.in_shell(q.secret)}
% endif
${language.run}</code></pre>
% if language.name == "python":
<p>Your browser opens. Sign in, allow, and the program goes on by itself.</p>
% elif q.on_this_machine:
<p>Open the address that it prints, sign in, and allow. The browser ends on a page that does not load, as nothing listens there yet: its address holds the code. Paste that address.</p>
% else:
<p>Open the address that it prints, sign in, and allow. Paste the address that the browser ends on: it holds the code.</p>
% endif
% endif
</%def>
