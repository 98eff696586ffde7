## Pages under /account: the frame with its tabs.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="tabs()">
${show.tabs("Account", [
    ("/account/apps", "Connected apps"), ("/account/waiting", "Waiting for you"), ("/account/sessions", "Sessions"), ("/account/history", "Security history"),
    ("/account/profile", "Profile"), ("/account/password", "Password"),
])}
</%def>
