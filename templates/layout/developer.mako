## Pages under /developer that are not about one app: the frame with its sidebar.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="sidebar()">${show.sidebar("Developer", sidebars.DEVELOPER)}</%def>
