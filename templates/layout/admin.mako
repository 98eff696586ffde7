## Pages under /admin: the frame with its tabs.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
${next.body(**context.kwargs)}
## Posted, as it may be a token.
<%def name="search()">
<search>
<%forms:form action="/admin/search">
<input type="search" name="searched" maxlength="4000" autocomplete="off" spellcheck="false" aria-label="Search everything" placeholder="Email, app, ID or token">
${forms.button("Find", "quiet")}
</%forms:form>
</search>
</%def>
<%def name="tabs()">
${search()}
${show.tabs("Administration", [
    ("/admin/overview", "Overview"), ("/admin/review", "Review"), ("/admin/apps", "Apps"),
    ("/admin/registration", "Self-registered"), ("/admin/users", "Users"), ("/admin/scopes", "Scopes"),
    ("/admin/apis", "APIs"), ("/admin/hosts", "Hosts"), ("/admin/connects", "Connects with"), ("/admin/log", "Audit log"),
])}
</%def>
