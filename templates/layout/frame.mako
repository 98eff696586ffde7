## The frame of every page. A page inherits it, or a layout that does, and defines title(); kind() is "narrow" for a page
## with a single question. sidebar() is beside the page, subject() above both: what all those pages are about. above() is
## over the heading.
<%namespace name="show" file="/parts/show.mako"/>\
<%namespace name="forms" file="/parts/form.mako"/>\
<%namespace name="marks" file="/parts/brand.mako"/>\
<%namespace name="icons" file="/parts/icons.mako"/>\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${self.title()}${self.within()} · ${brand.name}</title>
<link rel="icon" href="${static.get("logo", "data:,")}">
<link rel="stylesheet" href="${static["oauthsrv.css"]}">
% if "brand.css" in static:
<link rel="stylesheet" href="${static["brand.css"]}">
% endif
<script src="${static["oauthsrv.js"]}" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
% if request.preview:
${previewed()}
% endif
${self.banner()}
<div class="shell">
${self.subject()}
${self.sidebar()}
<main id="content" class="${self.kind()}" tabindex="-1">
${self.above()}
<h1>${self.heading()}</h1>
% if request.done:
<p class="notice good" role="status">${request.done}</p>
% endif
${next.body(**context.kwargs)}
</main>
</div>
% if brand.links:
<footer class="foot">
<p>${brand.name}</p>
<ul>
% for address, text in brand.links:
<li><a href="${address}">${text}</a></li>
% endfor
</ul>
</footer>
% endif
${icons.sprite()}
</body>
</html>
<%def name="within()"></%def>
<%def name="subject()"></%def>
<%def name="sidebar()"></%def>
<%def name="above()"></%def>
<%def name="kind()">wide</%def>
<%def name="heading()">${self.title()}</%def>

## Of a preview: what it is, the others, and the way out.
<%def name="previewed()">
<aside class="previewed" aria-label="Preview">
<p><strong>Preview with sample data.</strong> Its buttons and links do nothing.</p>
${show.tabs_at("Previews", request.preview, "chips", request.path)}
</aside>
</%def>

## The bar above the page.
<%def name="banner()">
<header class="top">
<div class="top-inner">
<a class="brand" href="/">${marks.masthead()}</a>
% if request.visitor:
% if request.waiting:
<a class="badge" href="/account/waiting">${icons.icon("bell")}${len(request.waiting)}<span class="unseen"> waiting for you</span></a>
% endif
<details class="menu">
<summary>${icons.icon("menu")}<span class="unseen">Menu</span></summary>
${show.tabs("Main", [("/account", "Account"), ("/developer", "Developer"), ("/developer/docs", "Docs"), *[("/admin", "Admin")] * request.visitor.is_admin], kind="main-nav")}
<div class="who">
<span class="who-name">${request.visitor.email}</span>
<%forms:form action="/logout" csrf="${context.get('csrf')}">${forms.button("Sign out", "quiet")}</%forms:form>
</div>
</details>
% else:
<div class="who"><a href="/developer/docs">Docs</a> <a href="/login">Sign in</a></div>
% endif
</div>
</header>
</%def>
