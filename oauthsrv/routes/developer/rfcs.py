"""The RFCs and where each is implemented: the table of the guide "RFCs"; README has the rows with an endpoint."""

from typing import NamedTuple


class Implemented(NamedTuple):
    """A part of an RFC: the endpoint where clients see it (if there is one), the code, the test."""

    rfc: str
    sections: str
    endpoint: str
    code: str
    test: str


AUTHORIZE, TOKEN, WELL_KNOWN = "/oauth/authorize", "/oauth/token", "/.well-known/"

RFCS = (
    Implemented("6749 OAuth 2.0", "3.1, 4.1 codes", AUTHORIZE, "routes.authorize.begin", "routes/test_authorize.py"),
    Implemented("6749", "3.2, 4.1.3, 5, 6 tokens", TOKEN, "routes.token.exchange", "routes/test_token.py"),
    Implemented(
        "6749",
        "2.3 client authentication",
        TOKEN,
        "oauth.client_authentication.authenticate",
        "oauth/test_client_authentication.py",
    ),
    Implemented(
        "6749",
        "4.4 client credentials",
        TOKEN,
        "flows.client_credentials.client_credentials",
        "flows/test_client_credentials.py",
    ),
    Implemented("6749", "3.1, 3.2, B parameters", "", "oauth.parameters.Parameters", "oauth/test_parameters.py"),
    Implemented("6749", "3.3 scopes", "", "oauth.scopes.within_ceiling", "oauth/test_scopes.py"),
    Implemented("6750 bearer tokens", "2.1, 3", "/oauth/verify", "routes.verify.verify", "routes/test_verify.py"),
    Implemented("7009 revocation", "2", "/oauth/revoke", "routes.revoke.revoke", "routes/test_revoke.py"),
    Implemented(
        "7523 private_key_jwt",
        "2.2, 3 (rfc7523bis)",
        TOKEN,
        "oauth.client_assertions.check",
        "routes/test_private_key_jwt.py",
    ),
    Implemented(
        "7591 dynamic client registration",
        "1.2, 2, 3.1, 3.2",
        "/oauth/register",
        "flows.clients.self_registration.register",
        "routes/test_registration.py",
    ),
    Implemented("7636 PKCE", "4 (S256 only)", AUTHORIZE, "oauth.pkce.check_verifier", "oauth/test_pkce.py"),
    Implemented(
        "7662 introspection", "2", "/oauth/introspect", "routes.introspect.introspect", "routes/test_introspect.py"
    ),
    Implemented("8252 native apps", "7.3", AUTHORIZE, "oauth.redirect_uris.matches", "oauth/test_redirect_uris.py"),
    Implemented("8252", "8.6 consent every time", "", "oauth.consent.remembered", "oauth/test_consent.py"),
    Implemented("8414 metadata", "2, 3", WELL_KNOWN, "routes.metadata.show_metadata", "routes/test_metadata.py"),
    Implemented(
        "8628 devices",
        "3.1, 3.2",
        "/oauth/device_authorization",
        "flows.device_grant.start",
        "routes/test_device_authorization.py",
    ),
    Implemented("8628", "3.3, 5.4", "/device", "routes.device.decide", "routes/test_device.py"),
    Implemented("8628", "3.4, 3.5 polling", TOKEN, "flows.device_grant.poll", "flows/test_device_grant.py"),
    Implemented("8707 resource indicators", "2", TOKEN, "oauth.resources.narrow", "oauth/test_resources.py"),
    Implemented(
        "9207 iss in responses",
        "2",
        AUTHORIZE,
        "oauth.authorization_response.Redirect",
        "oauth/test_authorization_response.py",
    ),
    Implemented("9126 pushed requests", "2, 4, 5", "/oauth/par", "routes.pushed.push", "routes/test_pushed.py"),
    Implemented("9728 resource metadata", "2, 5.1", WELL_KNOWN, "routes.metadata.show_api", "routes/test_metadata.py"),
    Implemented(
        "draft client-id-metadata",
        "3, 4, 6",
        AUTHORIZE,
        "flows.clients.documents.find",
        "routes/test_document_clients.py",
    ),
    Implemented("9700 best practice", "4.14 rotation", TOKEN, "oauth.token_request.judge", "oauth/test_rotation.py"),
    Implemented(
        "draft ratelimit-headers-10", "3, 4", "", "routes.guards.limit_headers", "routes/test_verify_limits.py"
    ),
    Implemented("7578 forms with a file", "4", "", "routes.uploads.multipart_form", "routes/test_uploads.py"),
    Implemented("4180 CSV", "2", "", "routes.csv_file.as_csv", "routes/test_admin_log.py"),
)
