## One program, what it needs, and how to run it. `q` is a routes.developer.quickstart.Quickstart, of the language's kind.
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="install" file="/parts/install.mako"/>
<%namespace name="starting" file="/quickstart/starts.mako"/>

## The type of app, then the language; `path` is the page's own.
<%def name="choice(q, language, path)">
${show.tabs_at("What you build", [(f"{path}?language={kind.languages[0].name}", kind.title) for kind in q.kinds], "tabs", f"{path}?language={q.kind.languages[0].name}")}
<p>${q.kind.about}</p>
% if len(q.kind.languages) > 1:
${show.tabs_at("Languages", [(f"{path}?language={each.name}", each.title) for each in q.kind.languages], "chips", f"{path}?language={language.name}")}
% endif
</%def>

## A warning if users return to another machine, where this program wouldn't see them.
<%def name="coming_back(q, language, settings)">
% if not q.runs(language):
<p class="notice warn">None of this app’s redirect URIs works with this program. <a href="${settings}">Add the redirect URI</a> <code>${q.added}</code>${", which matches every port" if q.added.startswith("http:") else ", with your own domain reversed"}, to see the program here.</p>
% elif q.kind.returns == "server" and not q.on_this_machine:
<p class="notice warn">Users return to <code class="wrap">${q.redirect_uri}</code>, so the program must run there. To try it on your own machine, <a href="${settings}">add the redirect URI</a> <code>${q.added}</code>, which matches every port.</p>
% endif
</%def>

<%def name="program(q, language, settings)">
${coming_back(q, language, settings)}
% if q.runs(language):
<p>You need ${language.needs}.</p>
% for file in language.files:
<p>Save this as <code>${q.filled(file.name)}</code>:</p>
<%code:block language="${file.written_in}" id="${language.name}-${file.part}" file="${q.filled(file.name)}">
${getattr(local.get_namespace(f"/quickstart/{language.name}.mako"), file.part)(q)}\
</%code:block>
% endfor
% if language.extra:
<p>Install its dependencies:</p>
<%code:block language="shell" id="${language.name}-install">python3 -m venv venv && . venv/bin/activate
${install.command(q.issuer, language.extra)}</%code:block>
% elif language.install:
<p>Install its dependencies:</p>
<%code:block language="shell" id="${language.name}-install">${language.install}</%code:block>
% endif
% if language.run:
<p>Run it:</p>
<%code:block language="shell" id="${language.name}-run">
% if q.secret is not None:
export CLIENT_SECRET=${q.literal("shell", q.secret)}
% endif
${q.filled(language.run)}</%code:block>
% endif
${getattr(local.get_namespace(f"/quickstart/{language.name}.mako"), "then")(q)}
<p><a href="/developer/docs/${q.kind.guide}">Read the guide</a></p>
% if q.apis:
<p>APIs that accept this app’s tokens:
% for uri in q.apis:
<code class="wrap">${uri}</code>${"." if loop.last else ","}
% endfor
</p>
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
export CLIENT_SECRET=${q.literal("shell", q.secret)}
% endif
bash ${start.part}.sh</%code:block>
% if start.part == "device" and q.secret is None:
<p>Or use our command line:</p>
<%code:block language="shell">
python3 -m venv venv && . venv/bin/activate
${install.command(q.issuer, "client")}
oauthsrv auth login ${q.service} --device --issuer ${q.literal("shell", q.issuer)} --client-id ${q.literal("shell", q.client_id)}
</%code:block>
% endif
<p><a href="${start.guide}">Read the guide</a></p>
% endfor
</%def>
