## Pages of one app in the portal, with tabs of their own. Every page has `app` among its arguments, and defines
## stands_at() if its address doesn't say which tab it belongs to.
<%inherit file="/layout/developer.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="revocation" file="/parts/revocation.mako"/>
${revocation.progress(app)}
${next.body(**context.kwargs)}
<%def name="tabs()">
${parent.tabs()}
${show.tabs(f"Pages of {app.name}", [
    (f"/developer/apps/{app.client_id}{page}", label)
    for page, label in [
        ("", "Overview"), ("/quickstart", "Quickstart"), ("/edit", "Settings"), ("/secrets", "Credentials"),
        ("/activity", "Activity"), ("/usage", "Usage"), ("/users", "Users"), ("/try", "Try it"), ("/doctor", "Doctor"),
        ("/team", "Team"), ("/danger", "Danger zone"),
    ] if app.owner_id or page not in ("/quickstart", "/edit", "/secrets", "/try", "/team")
], kind="tabs sub", path=capture(self.stands_at))}
</%def>
<%def name="stands_at()">${request.path}</%def>
