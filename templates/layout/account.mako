## Pages under /account: the frame with its tabs.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="tabs()">
<nav class="tabs" aria-label="Account">
${show.nav_link("/account/apps", "Connected apps")}
${show.nav_link("/account/profile", "Profile")}
${show.nav_link("/account/password", "Password")}
${show.nav_link("/account/sessions", "Sessions")}
</nav>
</%def>
