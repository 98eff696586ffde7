## Pages under /admin: the frame with its sidebar.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
${next.body(**context.kwargs)}
## The search for everything. Posted, as it may be a token.
<%def name="subject()">
<search>
<%forms:form action="/admin/search">
<input type="search" name="searched" maxlength="4000" autocomplete="off" spellcheck="false" aria-label="Search everything" placeholder="Email, app, ID or token">
${forms.button("Find", "plain")}
</%forms:form>
</search>
</%def>
<%def name="sidebar()">${show.sidebar("Administration", sidebars.ADMIN)}</%def>
