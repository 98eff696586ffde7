## Pages under /admin: the frame with its tabs.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="tabs()">
<nav class="tabs" aria-label="Administration">
${show.nav_link("/admin/overview", "Overview")}
${show.nav_link("/admin/apps", "Apps")}
${show.nav_link("/admin/users", "Users")}
${show.nav_link("/admin/apis", "APIs")}
${show.nav_link("/admin/log", "Audit log")}
</nav>
</%def>
