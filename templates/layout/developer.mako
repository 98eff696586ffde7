## Pages under /developer: the frame with its tabs.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="tabs()">
<nav class="tabs" aria-label="Developer">
${show.nav_link("/developer/apps", "Your apps")}
</nav>
</%def>
