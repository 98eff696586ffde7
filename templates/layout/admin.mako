## Pages under /admin: the frame with its tabs.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="tabs()">
${show.tabs("Administration", [
    ("/admin/overview", "Overview"), ("/admin/review", "Review"), ("/admin/apps", "Apps"),
    ("/admin/registration", "Self-registered"), ("/admin/users", "Users"), ("/admin/scopes", "Scopes"),
    ("/admin/apis", "APIs"), ("/admin/hosts", "Hosts"), ("/admin/connects", "Connects with"), ("/admin/log", "Audit log"),
])}
</%def>
