## The frame of every page. A page inherits it, or a layout that does, and defines title(); kind() is "narrow" for a page
## with a single question.
<%namespace name="show" file="/parts/show.mako"/>\
<%namespace name="forms" file="/parts/form.mako"/>\
<%namespace name="icons" file="/parts/icons.mako"/>\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${self.title()} · oauthsrv</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/oauthsrv.css?v=${versions["oauthsrv.css"]}">
<script src="/static/oauthsrv.js?v=${versions["oauthsrv.js"]}" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<div class="top-inner">
<a class="brand" href="/">oauthsrv</a>
% if request.user:
${show.tabs("Main", [("/account", "Account"), ("/developer", "Developer"), *[("/admin", "Admin")] * request.user.is_admin], kind="main-nav")}
<div class="who">
<span class="who-name">${request.user.email}</span>
<%forms:form action="/logout" csrf="${context.get('csrf')}">${forms.button("Sign out", "quiet")}</%forms:form>
</div>
% else:
<div class="who"><a href="/login">Sign in</a></div>
% endif
</div>
</header>
<main id="content" class="${self.kind()}" tabindex="-1">
${self.tabs()}
<h1>${self.title()}</h1>
% if request.done:
<p class="notice good" role="status">${request.done}</p>
% endif
${next.body(**context.kwargs)}
</main>
${icons.sprite()}
</body>
</html>
<%def name="tabs()"></%def>
<%def name="kind()">wide</%def>
