## A revocation of everything, which is in force while it is still written into every connection. `app` is a row of
## sql.clients.overview.
<%def name="progress(app)">
% if app.is_revoking:
<p class="notice" role="status">All earlier access to this app is revoked and no longer works. \
% if app.to_revoke is None:
Its connections are being counted.\
% else:
${number(app.revoked)} of ${number(app.to_revoke)} connections marked as ended so far. <progress max="${app.to_revoke}" value="${app.revoked}">${number(app.revoked)} of ${number(app.to_revoke)}</progress>\
% endif
</p>
% endif
</%def>
