## Pages of one app in the portal: under the portal's tabs its own. Every page under it has `app` among its arguments.
<%inherit file="/layout/developer.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
${next.body(**context.kwargs)}
<%def name="tabs()">
${parent.tabs()}
${show.tabs(f"Pages of {app.name}", [
    (f"/developer/apps/{app.client_id}{folder}", words)
    for folder, words in [
        ("", "Overview"), ("/edit", "Settings"), ("/secrets", "Credentials"), ("/activity", "Activity"),
        ("/usage", "Usage"), ("/users", "Users"), ("/try", "Try it"), ("/doctor", "Doctor"), ("/team", "Team"),
        ("/danger", "Danger zone"),
    ]
], kind="tabs sub")}
</%def>
