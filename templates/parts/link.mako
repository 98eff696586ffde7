## A one-time link on the one page that ever shows it.
<%namespace name="show" file="/parts/show.mako"/>

## `way_on` is the page after it. The caller's body says what the link is for.
<%def name="once(address, way_on)">
<p class="notice warn">Copy the link now. You won’t see it again.</p>
${caller.body()}
<p>${show.copyable(address, "one-time-link", "secret")}</p>
<p class="actions"><a class="button" href="${way_on}">I’ve copied the link</a></p>
</%def>
