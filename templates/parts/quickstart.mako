## One program, what it needs, and how to run it. `q` is a routes.developer.quickstart.Quickstart.
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="install" file="/parts/install.mako"/>
<%namespace name="curl" file="/quickstart/curl.mako"/>
<%namespace name="python" file="/quickstart/python.mako"/>
<%namespace name="authlib" file="/quickstart/authlib.mako"/>
<%namespace name="starting" file="/quickstart/starts.mako"/>
<%namespace name="node" file="/quickstart/node.mako"/>

## Where the browser will end, and what to do where it cannot end on this machine.
<%def name="coming_back(q, settings)">
% if q.redirect_uri is None:
<p class="notice warn">This app has no redirect URI that a browser can open. To try it on your own machine, <a href="${settings}">add the redirect URI</a> <code>http://127.0.0.1/callback</code>, which matches every port.</p>
% elif not q.on_this_machine:
<p class="notice warn">The browser will return to <code class="wrap">${q.redirect_uri}</code>. If your app already runs there, it uses the code before you can paste it. To try it on your own machine, <a href="${settings}">add the redirect URI</a> <code>http://127.0.0.1/callback</code>, which matches every port.</p>
% endif
</%def>

<%def name="program(q, language, settings)">
% if language.name == "python" and q.listens is None:
<p>This client listens on your machine. <a href="${settings}">Add the redirect URI</a> <code>http://127.0.0.1/callback</code> to see the program here.</p>
% else:
<p>You need ${language.needs}. Save this as <code>${language.file}</code>:</p>
<%code:block language="${language.written_in}" id="${language.name}-code" file="${language.file}">
% if language.name == "curl":
${curl.code(q)}\
% elif language.name == "python":
${python.code(q)}\
% elif language.name == "authlib":
${authlib.code(q)}\
% else:
${node.code(q)}\
% endif
</%code:block>
% if language.name == "python":
<p>Install its dependencies:</p>
<%code:block language="shell">${install.command(q.issuer, "client")}</%code:block>
% elif language.install:
<p>Install its dependencies:</p>
<%code:block language="shell">${language.install}</%code:block>
% endif
<p>Run it:</p>
<%code:block language="shell" id="${language.name}-run">
% if q.secret is not None:
export CLIENT_SECRET=${q.in_shell(q.secret)}
% endif
${language.run}</%code:block>
% if language.name == "python":
<p>Your browser opens. Sign in and allow the app; the program then continues.</p>
% elif q.on_this_machine:
<p>Open the address it prints, sign in, and allow the app. The browser then shows a page that doesn’t load, because nothing listens there yet. Paste its address: it contains the code.</p>
% else:
<p>Open the address it prints, sign in, and allow the app. Paste the address the browser returns to: it contains the code.</p>
% endif
% endif
</%def>

## One program for each grant type that needs no redirect URI.
<%def name="starts(q)">
% for start in q.starts:
<h2>${start.title}</h2>
<p>${start.before} You need bash and curl. Save this as <code>${start.part}.sh</code>:</p>
<%code:block language="shell" id="${start.part}-code" file="${start.part}.sh">${getattr(starting, start.part)(q)}</%code:block>
<p>Run it:</p>
<%code:block language="shell" id="${start.part}-run">
% if q.secret is not None:
export CLIENT_SECRET=${q.in_shell(q.secret)}
% endif
bash ${start.part}.sh</%code:block>
% if start.part == "device" and q.secret is None:
<p>Or use our command line:</p>
<%code:block language="shell">run.py auth login ${q.service} --device --issuer ${q.in_shell(q.issuer)} --client-id ${q.in_shell(q.client_id)}</%code:block>
% endif
<p><a href="${start.guide}">Read the guide</a></p>
% endfor
</%def>
