## Pages under /developer: the frame with its tabs.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="tabs()">
${show.tabs("Developer", [("/developer/apps", "Your apps"), ("/developer/docs", "Guides")])}
</%def>
