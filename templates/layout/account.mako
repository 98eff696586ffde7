## Pages under /account: the frame with its sidebar.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="sidebar()">${show.sidebar("Account", sidebars.ACCOUNT)}</%def>
