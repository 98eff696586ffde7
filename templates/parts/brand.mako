## The product, as the settings describe it; `brand` is a brand.Brand.

## The logo, and the name where the logo doesn’t hold it already.
<%def name="masthead()">\
% if brand.logo and brand.logo.is_wordmark:
${logo(brand.name)}\
% elif brand.logo:
${logo()}${brand.name}\
% else:
${brand.name}\
% endif
</%def>

<%def name="logo(alt='')"><picture>\
% if brand.dark_logo:
<source srcset="${static["logo-dark"]}" media="(prefers-color-scheme: dark)">\
% endif
<img class="brand-logo" src="${static["logo"]}" alt="${alt}" width="${brand.logo.width}" height="${brand.logo.height}"></picture></%def>

## Where to ask, at the end of a page that says what went wrong.
<%def name="ask_support()">
% if brand.support_url:
<p>Still stuck? <a href="${brand.support_url}">Ask ${brand.name} support</a>.</p>
% endif
</%def>

## Below a form that makes an account.
<%def name="conditions()">
% if brand.terms_url or brand.privacy_url:
<p class="hint">By creating an account, you accept ${brand.name}’s \
% if brand.terms_url:
<a href="${brand.terms_url}">terms of service</a>${" and " if brand.privacy_url else ""}\
% endif
% if brand.privacy_url:
<a href="${brand.privacy_url}">privacy policy</a>\
% endif
.</p>
% endif
</%def>
