"""What can be wrong with a request of an app, in the words its developer reads: what was wrong, how to fix it.

An answer tells a client no more than the protocol lets it (rule 11); these are for the app's own developers.
"""

from typing import NamedTuple


class Problem(NamedTuple):
    """`shows` is the parameter whose value is kept with it, where that can be no secret."""

    what: str
    fix: str
    shows: str = ""


# Whatever cannot be told more finely: what OAuthError.problem is where nobody names another.
BY_CODE = {
    "invalid_request": Problem(
        "The request could not be read, or something in it is malformed.",
        "Send it as application/x-www-form-urlencoded in UTF-8, each parameter once; the answer says which one it was.",
    ),
    "invalid_client": Problem(
        "Client authentication failed.",
        "Send client_id and client_secret by HTTP Basic or in the form; a public app sends client_id alone.",
    ),
    "invalid_grant": Problem(
        "The code or refresh token is not good any more.", "Send the user through the authorization again."
    ),
    "unauthorized_client": Problem(
        "The app may not do this.", "See the status and the settings of the app in this portal."
    ),
    "invalid_scope": Problem(
        "scope is malformed, unknown, or more than was granted.",
        "Send names of scopes with single spaces between them, out of those in the settings of the app.",
        shows="scope",
    ),
    "invalid_target": Problem(
        "resource does not name an API that the token can be for.",
        "Send the URI of an API that is registered here, as its documentation writes it.",
        shows="resource",
    ),
    "invalid_token": Problem(
        "The access token is unknown, expired or ended.",
        "Refresh it. If the refresh token is refused too, send the user through the authorization again.",
    ),
    "unsupported_response_type": Problem(
        "response_type is not code.", "Send response_type=code: tokens are never given in the redirect."
    ),
    "unsupported_grant_type": Problem(
        "grant_type is not one that this server knows.", "Send grant_type=authorization_code or refresh_token."
    ),
    "request_not_supported": Problem(
        "A request object (request) was sent, and they are not supported.",
        "Send the parameters themselves, without request.",
    ),
    "request_uri_not_supported": Problem(
        "request_uri was sent, and it is not supported.", "Send the parameters themselves, without request_uri."
    ),
    "access_denied": Problem(
        "The user pressed Deny.",
        "Nothing is broken. Your app gets error=access_denied: say what will not work now, and offer to try again.",
    ),
    "consent_required": Problem(
        "prompt=none was sent, and the user has not allowed this before.",
        "Nothing is broken. Send the same request again without prompt=none, so that the user can be asked.",
    ),
    "login_required": Problem(
        "prompt=none was sent, and the user is not signed in, or signed in longer ago than max_age allows.",
        "Nothing is broken. Send the same request again without prompt=none, so that the user can sign in.",
    ),
    "insufficient_scope": Problem(
        "The access token does not hold the scope that the call needs.",
        "Ask for that scope in the authorization request; the scope of the token answer says what was granted.",
        shows="scope",
    ),
}

AT_AUTHORIZATION = {
    "redirect_uri_mismatch": Problem(
        "redirect_uri is not registered for this app.",
        "Send it exactly as it is registered, or register the one that you send: all of scheme, host, port, path "
        "(with or without a slash at the end) and query must match. The port alone of a loopback address is free.",
        shows="redirect_uri",
    ),
    "redirect_uri_missing": Problem(
        "redirect_uri is missing, and this app has more than one.", "Send redirect_uri, as it is registered."
    ),
    "response_mode": Problem("response_mode is not query.", "Leave response_mode out, or send query."),
    "prompt_unknown": Problem(
        "prompt is none of the values that are known, or joins none with others.",
        "Send none alone, or any of login, consent and select_account; or leave prompt out.",
    ),
    "max_age_malformed": Problem("max_age is not a whole number of seconds.", "Send digits alone, as in max_age=3600."),
    "pkce_missing": Problem(
        "code_challenge is missing.",
        "Switch PKCE on in your library: make a random code_verifier for each request, and send its SHA-256 as "
        "code_challenge with code_challenge_method=S256.",
    ),
    "pkce_plain": Problem(
        "code_challenge_method is plain, or missing, which means plain.",
        "Send code_challenge_method=S256, and as code_challenge the base64url of the SHA-256 of the verifier.",
    ),
    "pkce_malformed": Problem(
        "code_challenge is not the base64url of a SHA-256.",
        "It has 43 characters: base64url of the 32 bytes of the hash (not of its hex digits), without = at the end.",
    ),
    "scope_unknown": Problem(
        "None of the scopes asked for is one that this app may have.",
        "Ask for scopes out of those in the settings of the app, or add the missing ones there.",
        shows="scope",
    ),
    "scope_malformed": Problem(
        "scope cannot be read.",
        "Send names with single spaces between them (not commas), or leave scope out to ask for all the app may have.",
    ),
    "resource_unknown": Problem(
        "resource is not the URI of an API that is registered here.",
        "Send the resource URI that the API tells in its documentation or its protected-resource metadata.",
        shows="resource",
    ),
    "resource_malformed": Problem(
        "resource is not an absolute URI without a fragment.",
        "Send it in full, as https://api.example.com.",
        shows="resource",
    ),
    "resource_too_much": Problem("resource names too many APIs at once.", "Ask for at most ten in one request."),
    "not_approved": Problem(
        "Someone who doesn’t develop the app tried to connect it before it was approved.",
        "Wait for the approval. Until then only the app’s developers can connect it.",
    ),
    "developer_disabled": Problem(
        "A new user tried to connect the app while its developer’s account is disabled.",
        "Ask an administrator to transfer the app to another developer. Connected users stay connected.",
    ),
}

AT_AUTHENTICATION = {
    "client_unknown": Problem("There is no app of this client_id.", "Copy the client id from the page of the app."),
    "secret_wrong": Problem(
        "The client secret is wrong.",
        "Compare the last four characters with those under Credentials. A retired secret is refused at once; "
        "in HTTP Basic both parts are form-encoded first.",
    ),
    "secret_missing": Problem(
        "No client secret was sent, and this app is confidential.",
        "Send the secret by HTTP Basic or in the form. Libraries call this client_secret_basic and client_secret_post.",
    ),
    "secret_not_expected": Problem(
        "A client secret was sent, and this app is public: it has none.",
        "Send client_id in the form and nothing else. Libraries call this none. An empty secret is a secret, too.",
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
        "The secret was sent in the Authorization header and in the form at once.",
        "Send it in one of them. Often a library adds the header by itself, and your code adds the form fields.",
    ),
    "two_client_ids": Problem(
        "Two different client ids were sent in one request.",
        "Send the same client_id in the form as in the Authorization header, or leave it out of the form.",
    ),
    "credentials_of_api": Problem(
        "The credentials are those of an API, not of an app.", "Use the client id and secret of the app here."
    ),
    "introspection_public": Problem(
        "A public app asked about a token, and introspection needs a secret.",
        "A public app needs no introspection: use the token, and refresh it when the API answers 401.",
    ),
    "proof_limit": Problem(
        "Too many requests from one address had wrong secrets, or unknown codes or tokens.",
        "Stop repeating a request that was refused; fix the credentials, or send the user through sign-in again.",
    ),
    "suspended": Problem(
        "An administrator suspended this app.",
        "Ask the people who run this server. Keep your tokens: all of them work again when the app is reactivated.",
    ),
}

AT_TOKEN = {
    "code_unknown": Problem(
        "The code is unknown, or it expired before it was exchanged.",
        "Exchange a code at once, and send it exactly as it came: decode it from the address once, and encode it once.",
    ),
    "code_of_another": Problem(
        "The code was given to another app.", "Use the client id of the authorization request for the exchange, too."
    ),
    "code_redirect_uri": Problem(
        "redirect_uri is not the one of the authorization request.",
        "Send the same redirect_uri again, port included, or leave it out of the exchange.",
        shows="redirect_uri",
    ),
    "code_used": Problem(
        "The code was exchanged before. Everything that came of the first exchange was ended, to be safe.",
        "Exchange each code once. Look for a callback that runs twice: a reload, a double click, two workers.",
    ),
    "verifier_missing": Problem(
        "code_verifier is missing.", "Keep the verifier with the state of the request, and send it with the code."
    ),
    "verifier_wrong": Problem(
        "code_verifier is not the one that the code_challenge was made of.",
        "Keep one verifier for each request: two tabs that share one fail like this, and so does a new one.",
    ),
    "verifier_malformed": Problem(
        "code_verifier is not 43 to 128 characters out of letters, digits, - . _ and ~.",
        "Make it from 32 random bytes as base64url, without = at the end.",
    ),
    "verifier_unexpected": Problem(
        "code_verifier was sent, but the authorization request had no code_challenge.",
        "Send code_challenge in the authorization request, too; if you did, something removed it on its way.",
    ),
    "grant_ended": Problem(
        "The user ended the app’s access before the code was exchanged.",
        "Nothing is broken. Ask the user to connect the app again if they want to.",
    ),
    "refresh_unknown": Problem(
        "The refresh token is unknown, or was given to another app.",
        "Send the newest refresh token, whole, with the client id that it was given to. It begins with ort_.",
    ),
    "refresh_ended": Problem(
        "The refresh token has ended: the user or an administrator ended it, or it was not used for too long.",
        "Send the user through the authorization again, and do not repeat the request.",
    ),
    "refresh_superseded": Problem(
        "The refresh token was replaced a moment ago, and its successor is in use already.",
        "Let one process at a time refresh, and store the new refresh token of every answer before you use it.",
    ),
    "refresh_reused": Problem(
        "A refresh token that had been replaced was used again. All tokens of that connection were ended, to be safe.",
        "Store the new refresh token of every answer, and let one process at a time refresh. "
        "If your app does so, somebody stole the token.",
    ),
    "scope_beyond": Problem(
        "None of the requested scopes was granted by the user and is still allowed for your app.",
        "Leave scope out when you refresh, or name a part of what was granted; for more, ask the user again.",
        shows="scope",
    ),
    "target_beyond": Problem(
        "resource names an API that the authorization request did not name.",
        "Send resource in the authorization request, too.",
        shows="resource",
    ),
    "token_limit": Problem(
        "The app sent more requests to the token endpoint than its limit allows.",
        "Use an access token until it expires instead of fetching one for each call; wait as Retry-After says.",
    ),
    "token_share_limit": Problem(
        "One user of the app sent more than a quarter of the requests its limit allows.",
        "Look for a loop in that user’s session; other users aren’t affected.",
    ),
    "connection_limit": Problem(
        "One connection sent more requests to the token or revocation endpoint than its limit allows.",
        "Use an access token until it expires; when a request fails, wait longer before each retry.",
    ),
    "revoke_limit": Problem(
        "The app sent more requests to the revocation endpoint than its limit allows.",
        "Revoke only the refresh token: its access tokens go with it. Wait for the time in Retry-After.",
    ),
}

AT_APIS = {
    "token_unknown": Problem(
        "An access token was used that is unknown, expired or ended.",
        "Refresh when an API answers 401, or shortly before expires_in is over; then nothing is broken.",
    ),
    "wrong_audience": Problem(
        "The access token is not meant for the API that it was sent to.",
        "Name that API as resource in the authorization request, or use a token that was not narrowed to another.",
        shows="resource",
    ),
    "calls_limit": Problem(
        "The app has used up its calls of this hour.",
        "Wait as long as Retry-After says, spread your calls, or ask the people who run this server for more.",
    ),
    "share_limit": Problem(
        "One user has used up their share of the app’s calls of this hour.",
        "Wait as long as Retry-After says; other users are not held up by it.",
    ),
}

AT_ANY = {
    "parameter_missing": Problem("A required parameter is missing.", "Send it; an empty value counts as not sent."),
    "parameter_repeated": Problem("A parameter was sent more than once.", "Send each parameter once."),
}

# Met only by whoever holds a code or refresh token that was given to the app: that proves a public app, too.
WITH_ITS_TOKEN = frozenset(
    {
        *("code_redirect_uri", "code_used", "grant_ended", "scope_beyond", "target_beyond"),
        *("verifier_missing", "verifier_wrong", "verifier_malformed", "verifier_unexpected"),
        *("refresh_ended", "refresh_superseded", "refresh_reused"),
    }
)

PROBLEMS = BY_CODE | AT_AUTHORIZATION | AT_AUTHENTICATION | AT_TOKEN | AT_APIS | AT_ANY
