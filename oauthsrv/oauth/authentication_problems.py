"""Everything that can be wrong with a client's authentication (oauth/problems.py joins this with the rest)."""

from typing import NamedTuple


class Problem(NamedTuple):
    """`shows` is the parameter whose value is kept with the problem, if that cannot be a secret."""

    what: str
    fix: str
    shows: str = ""

    @property
    def text(self) -> str:
        return f"{self.what} {self.fix}"


AT_AUTHENTICATION = {
    "client_unknown": Problem("There is no app with this client_id.", "Copy the client ID from the app’s page."),
    "secret_wrong": Problem(
        "The client secret is wrong.",
        "Compare the last four characters with those under Credentials. A deleted secret is refused immediately; "
        "in HTTP Basic both parts are form-encoded first.",
    ),
    "secret_missing": Problem(
        "No client secret was sent, and this app is confidential.",
        "Send the secret by HTTP Basic or in the form. Libraries call this client_secret_basic and client_secret_post.",
    ),
    "secret_not_expected": Problem(
        "A client secret was sent, and this app is public: it has none.",
        "Send client_id in the form and nothing else. Libraries call this none. An empty secret is a secret too.",
    ),
    "method_not_allowed": Problem(
        "The app authenticated in a way that is not turned on for it.",
        "Use one of the ways listed under Credentials, or add this one there.",
    ),
    "assertion_missing": Problem(
        "No assertion was sent, and this app authenticates with one.",
        "Sign a JWT for each request with the app’s key and send it as client_assertion. Libraries call this "
        "private_key_jwt.",
    ),
    "assertion_type": Problem(
        "client_assertion_type is not the type of a JWT.",
        "Send client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
    ),
    "assertion_malformed": Problem(
        "client_assertion is not a signed JWT that can be read.",
        "Send header.payload.signature in base64url without padding, with typ JWT or none, exp, iat and nbf as numbers "
        "of seconds, no claim twice, and no crit.",
    ),
    "assertion_algorithm": Problem(
        "The assertion is signed with an algorithm that is not accepted.",
        "Sign it with ES256, RS256, PS256 or EdDSA, and name that as alg. A client secret can’t sign it.",
    ),
    "assertion_subject": Problem(
        "iss and sub of the assertion are not both the client_id.",
        "Set both to the client_id, exactly as in the authorization request.",
    ),
    "assertion_audience": Problem(
        "aud of the assertion is not this server’s issuer alone.",
        "Set aud to the issuer as the server’s metadata gives it, and to nothing else. For a library that sends the "
        "token endpoint, turn that on in the app’s settings.",
    ),
    "assertion_incomplete": Problem(
        "The assertion lacks exp, iat or jti, or its jti is longer than 256 characters.",
        "Set exp to at most five minutes from now, iat to now, and jti to a new random text.",
    ),
    "assertion_expired": Problem(
        "The assertion had expired.", "Sign one for each request, and compare the clocks if this one was new."
    ),
    "assertion_long": Problem(
        "The assertion is valid for too long: exp is more than five minutes from now.",
        "Set exp to a minute from now. Many libraries default to an hour.",
    ),
    "assertion_early": Problem(
        "The assertion is from the future: its iat or nbf has not come yet.",
        "Correct the clock of the machine that signs it; ten seconds ahead are accepted.",
    ),
    "assertion_key": Problem(
        "None of the app’s keys fits this assertion: none has its kid, or none is for its alg.",
        "Send the kid of one of the app’s keys. With a jwks_uri, a new key is loaded within a minute of its first use.",
    ),
    "assertion_signature": Problem(
        "The signature of the assertion does not match the app’s key.",
        "Sign with the private key whose public half is in the app’s keys, and put a new key there before you use it.",
    ),
    "assertion_replayed": Problem(
        "The same assertion was used twice.",
        "Sign a new one for each request, with its own jti, even when you resend a request.",
    ),
    "assertion_old": Problem(
        "The assertion is older than the server’s record of used assertions, so it may have been used before.",
        "Sign a new one and send the request again. This happens after the server lost that record.",
    ),
    "keys_unreachable": Problem(
        "The app’s keys could not be loaded from its jwks_uri, or they are not usable.",
        "Serve a JWK Set with public keys there, over https without redirects, as application/json, of at most 10 KiB "
        "and 20 keys.",
    ),
    "credential_missing": Problem(
        "The app authenticated when it got this refresh token, but not when it sent it.",
        "Authenticate at each refresh, as when you exchanged the code.",
    ),
    "method_not_registered": Problem(
        "The Authorization header is not Basic.",
        "Authenticate by HTTP Basic or with client_id and client_secret in the form, never with a Bearer token.",
    ),
    "basic_malformed": Problem(
        "The Authorization header could not be read.",
        "After Basic comes the base64 of client_id:client_secret, both form-encoded as UTF-8 before they are joined.",
    ),
    "two_methods": Problem(
        "Credentials were sent in two ways at once, as in the Authorization header and in the form.",
        "Send them in one of them. Often a library adds the header, and your own code adds the form fields.",
    ),
    "two_client_ids": Problem(
        "Two different client IDs were sent in one request.",
        "Send the same client_id in the form as in the Authorization header, or leave it out of the form.",
    ),
    "credentials_of_api": Problem(
        "The credentials are those of an API, not of an app.", "Use the client ID and secret of the app here."
    ),
    "introspection_public": Problem(
        "A public app called introspection, which requires a secret.",
        "A public app doesn’t need introspection: use the token, and refresh it when the API answers 401.",
    ),
    "proof_limit": Problem(
        "Too many requests from one address had wrong secrets, or unknown codes or tokens.",
        "Stop repeating a request that was refused; fix the credentials, or send the user through authorization again.",
    ),
    "suspended": Problem(
        "An administrator suspended this app.",
        "Ask the administrators of this server. Keep your tokens: they all work again when the app is reactivated.",
    ),
}
