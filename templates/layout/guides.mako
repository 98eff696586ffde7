## Pages under /developer/docs: the frame with the guides beside it.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="sidebar()">${show.sidebar("Guides", sidebars.GUIDES)}</%def>
