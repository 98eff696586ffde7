## An initial access token on the one page that ever shows it.
<%inherit file="/layout/admin.mako"/>
<%page args="token, text, issuer"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Token for ${token.name}</%def>
<p class="notice warn">Copy the token now. You won’t see it again; we keep only its hash.</p>
<dl class="facts">
<dt>Initial access token</dt>
<dd>${show.copyable(text, "registration-token", "secret")}</dd>
<dt>Registration endpoint</dt>
<dd>${show.copyable(issuer + "/oauth/register")}</dd>
</dl>
<p>Send it privately. Apps send it in the <code>Authorization</code> header, after <code>Bearer</code>. It works for ${number(token.days)} ${"day" if token.days == 1 else "days"}.</p>
<p class="actions"><a class="button" href="/admin/registration">I’ve copied the token</a></p>
