## The answer to the button that made a link to a new password: the one page that ever shows it.
<%inherit file="/layout/admin.mako"/>
<%page args="user, address"/>
<%namespace name="link" file="/parts/link.mako"/>
<%def name="title()">Password reset link for ${user.name}</%def>
<%link:once address="${address}" way_on="/admin/users/${user.user_id}">
<p>Send it to ${user.name} in a way that only they can read: whoever opens it can choose a new password for ${user.email}. It works once, for an hour. Their apps stay connected unless they choose otherwise.</p>
</%link:once>
