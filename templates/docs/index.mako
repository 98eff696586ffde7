## All guides, and the addresses of this server.
<%inherit file="/layout/developer.mako"/>
<%page args="guides, issuer"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Guides</%def>
<p class="lead">This server speaks OAuth 2.1: any client library for OAuth 2 works with it. Give the library this address, from which it finds everything else:</p>
<p>${show.copyable(issuer, "issuer")}</p>
<div class="cards">
% for guide in guides:
<section class="card">
<h2><a href="${guide.path}">${guide.title}</a></h2>
<p>${guide.about}</p>
</section>
% endfor
</div>
${parts.endpoints(issuer)}
