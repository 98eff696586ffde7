## Installing this package: from this server, as no index has it, and there the name could become anybody's.
<%def name="command(issuer, extra)">python3 -m pip install 'oauthsrv[${extra}] @ ${issuer}/static/${WHEEL_FILE}'</%def>
