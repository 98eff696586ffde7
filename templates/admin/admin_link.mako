## The answer to the button that makes an administrator: the one page that ever shows the link.
<%inherit file="/layout/admin.mako"/>
<%page args="user, address"/>
<%namespace name="link" file="/parts/link.mako"/>
<%def name="title()">Administrator link for ${user.name}</%def>
<%link:once address="${address}" way_on="/admin/users/${user.user_id}">
<p>Send it to ${user.name} privately. They sign in as ${user.email}, open the link and accept. It works once, for 24 hours; until then they aren’t an administrator.</p>
</%link:once>
