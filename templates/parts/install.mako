## Installing this package from this server: it is on no index, where anyone could register its name.
<%def name="command(issuer, extra)">python3 -m pip install 'oauthsrv[${extra}] @ ${issuer}/static/${WHEEL_FILE}'</%def>
