## All guides, and the addresses of this server.
<%inherit file="/layout/developer.mako"/>
<%page args="sections, issuer"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Guides</%def>
<p class="lead">This server speaks OAuth 2.1, so any client library for OAuth 2 works with it. Give the library this address; it finds everything else from there:</p>
<p>${show.copyable(issuer, "issuer")}</p>
% for heading, guides in sections.items():
<h2>${heading}</h2>
<div class="cards">
% for guide in guides:
<section class="card">
<h3><a href="${guide.path}">${guide.title}</a></h3>
<p>${guide.about}</p>
</section>
% endfor
</div>
% endfor
${parts.endpoints(issuer)}
