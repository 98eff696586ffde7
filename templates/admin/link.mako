## A one-time link for a user, which only this page shows: to become an administrator, or to choose a password.
<%inherit file="/layout/admin.mako"/>
<%page args="user, address, purpose"/>
<%namespace name="link" file="/parts/link.mako"/>
<%def name="title()">${{"administrator": "Administrator", "password": "Password reset", "first": "First sign-in"}[purpose]} link for ${user.name}</%def>
<%link:once address="${address}" way_on="/admin/users/${user.user_id}">
% if purpose == "administrator":
<p>Send it to ${user.name} privately. They sign in as ${user.email}, open the link and accept. It works once, for 24 hours; until then they aren’t an administrator.</p>
% elif purpose == "first":
<p>The account ${user.email} was added. Send this link to ${user.name} privately: anyone who opens it can choose the password. It works once, for seven days; after that, create a password reset link.</p>
% else:
<p>Send it to ${user.name} privately: anyone who opens it can choose a new password for ${user.email}. It works once, for an hour. Their apps stay connected unless they choose otherwise.</p>
% endif
</%link:once>
