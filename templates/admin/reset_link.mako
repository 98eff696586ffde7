## A new password reset link; only this page shows it.
<%inherit file="/layout/admin.mako"/>
<%page args="user, address"/>
<%namespace name="link" file="/parts/link.mako"/>
<%def name="title()">Password reset link for ${user.name}</%def>
<%link:once address="${address}" way_on="/admin/users/${user.user_id}">
<p>Send it to ${user.name} privately: anyone who opens it can choose a new password for ${user.email}. It works once, for an hour. Their apps stay connected unless they choose otherwise.</p>
</%link:once>
