## Pages of one app in the portal: its name and status once above, its pages beside. Every page has `app` among its
## arguments, and defines stands_at() if its address doesn't say which entry of the sidebar it belongs to.
<%inherit file="/layout/frame.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="revocation" file="/parts/revocation.mako"/>
${revocation.progress(app)}
${next.body(**context.kwargs)}
<%def name="within()"> · ${app.name}</%def>
<%def name="subject()">
<section class="subject" aria-label="App">
${show.logo(app.client_id, app.name, app.logo_version)}
<p><a href="/developer/apps/${app.client_id}"><bdi>${app.name}</bdi></a> ${parts.status(app, request.reviews_apps)} ${show.verified(app.verified)}</p>
</section>
</%def>
<%def name="sidebar()">${show.sidebar(f"Pages of {app.name}", sidebars.of_app(app), capture(self.stands_at))}</%def>
<%def name="stands_at()">${request.path}</%def>
