## All guides, and the addresses of this server.
<%inherit file="/layout/guides.mako"/>
<%page args="sections, issuer"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Guides</%def>
<p class="lead">Any client library for OAuth 2 works here. Give it this address, and it finds the rest:</p>
<p>${show.copyable(issuer, "issuer")}</p>
${guide.search()}
% for heading, guides in sections.items():
<h2>${heading}</h2>
<div class="cards">
% for each in guides:
<section class="card">
<h3><a href="${each.path}">${each.title}</a></h3>
<p>${each.about}</p>
</section>
% endfor
</div>
% endfor
<h2>Addresses</h2>
${parts.endpoints(issuer)}
