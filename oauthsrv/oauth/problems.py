"""Everything that can be wrong with an app's request, and how to fix it, in words for the app's developers.

The developer portal shows them, and so does the response, unless the error's class says that it would reveal something
(OAuthError.unexplained, rule 11).
"""

from oauthsrv.oauth.authentication_problems import AT_AUTHENTICATION, Problem

# By default OAuthError.problem is the code of the error.
BY_CODE = {
    "invalid_request": Problem(
        "The request could not be read, or a part of it is malformed.",
        "Send it as application/x-www-form-urlencoded in UTF-8, each parameter once; the response names the wrong one.",
    ),
    "invalid_client": Problem(
        "Client authentication failed: the client_id is unknown, or its credential is wrong, missing or not expected.",
        "Send client_id and client_secret by HTTP Basic or in the form, or an assertion signed with the app’s key; "
        "a public app sends client_id alone.",
    ),
    "invalid_grant": Problem(
        "The code or refresh token is unknown, expired, revoked, or was issued to another app.",
        "Send the user through authorization again.",
    ),
    "unauthorized_client": Problem(
        "The app isn’t allowed to do this.", "See the app’s status and settings in the developer portal."
    ),
    "invalid_scope": Problem(
        "scope is malformed, unknown, or more than was granted.",
        "Send names of scopes from the app’s settings, with single spaces between them.",
        shows="scope",
    ),
    "invalid_target": Problem(
        "resource does not name an API that the token can be for.",
        "Send the URI of an API that is registered here, as its documentation writes it.",
        shows="resource",
    ),
    "invalid_redirect_uri": Problem(
        "A redirect URI is missing, malformed or not allowed.",
        "Register https addresses, loopback http addresses, or, for a public app, custom schemes with a dot.",
    ),
    "invalid_client_metadata": Problem(
        "A member of the client metadata is malformed or not supported.",
        "Send a JSON object with the members that RFC 7591 section 2 lists.",
    ),
    "invalid_token": Problem(
        "The access token is unknown, expired, revoked, or meant for another API.",
        "Refresh it. If the refresh token is refused too, send the user through authorization again.",
    ),
    "unsupported_response_type": Problem(
        "response_type is not code.", "Send response_type=code: tokens are never sent in a redirect."
    ),
    "unsupported_grant_type": Problem(
        "This server does not support this grant_type.",
        "Send authorization_code, refresh_token, client_credentials or urn:ietf:params:oauth:grant-type:device_code.",
    ),
    "request_not_supported": Problem(
        "A request object (request) was sent, which is not supported.",
        "Send the parameters themselves, without request.",
    ),
    "request_uri_not_supported": Problem(
        "request_uri is not one of a pushed request.",
        "Send the parameters themselves, or push them to /oauth/par and send the request_uri of its response.",
    ),
    "invalid_request_uri": Problem(
        "request_uri is unknown, expired, used, or was pushed by another app.",
        "Push the request again for each sign-in, and send the user on within a minute, with the same client_id.",
    ),
    "access_denied": Problem(
        "The user pressed Deny.",
        "Nothing is broken. Your app gets error=access_denied: say what won’t work now, and offer to try again.",
    ),
    "authorization_pending": Problem(
        "The user has not answered the device’s request yet.",
        "Nothing is broken. Keep polling at the interval until the response changes.",
    ),
    "slow_down": Problem(
        "A device polled the token endpoint too often.",
        "Wait for the interval of the device authorization response between polls, and 5 seconds longer after each "
        "slow_down.",
    ),
    "expired_token": Problem(
        "A device polled with a device_code that is unknown or expired.",
        "Request a new device_code and show its user_code. Stop polling when expires_in seconds have passed.",
    ),
    "consent_required": Problem(
        "prompt=none was sent, and the user has not allowed this before.",
        "Nothing is broken. Send the same request again without prompt=none, so that the user sees the consent page.",
    ),
    "login_required": Problem(
        "prompt=none was sent, and the user is not signed in, or signed in longer ago than max_age allows.",
        "Nothing is broken. Send the same request again without prompt=none, so that the user can sign in.",
    ),
    "insufficient_scope": Problem(
        "The access token lacks a scope that the call needs.",
        "Request that scope in the authorization request; the scope in the token response lists what was granted.",
        shows="scope",
    ),
}

AT_AUTHORIZATION = {
    "request_uri_pushed": Problem(
        "request_uri was sent to the endpoint that issues it.",
        "Push the parameters themselves, without request_uri.",
    ),
    "par_limit": Problem(
        "Too many authorization requests were pushed for the app, or from one address of a public app’s users.",
        "Push one request for each sign-in; wait for the time in Retry-After.",
    ),
    "redirect_uri_mismatch": Problem(
        "redirect_uri is not registered for this app.",
        "Send it exactly as it is registered, or register the one that you send: scheme, host, port, path "
        "(with or without a slash at the end) and query must match. Only the port of a loopback address may differ.",
        shows="redirect_uri",
    ),
    "redirect_uri_missing": Problem(
        "redirect_uri is missing, and this app has more than one.", "Send redirect_uri as it is registered."
    ),
    "response_mode": Problem("response_mode is not query.", "Leave response_mode out, or send query."),
    "prompt_unknown": Problem(
        "prompt has an unknown value, or combines none with others.",
        "Send none alone, or any of login, consent and select_account; or leave prompt out.",
    ),
    "max_age_malformed": Problem("max_age is not a whole number of seconds.", "Send only digits, as in max_age=3600."),
    "pkce_missing": Problem(
        "code_challenge is missing.",
        "Turn on PKCE in your library: make a random code_verifier for each request, and send its SHA-256 as "
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
        "This app may have none of the requested scopes.",
        "Request scopes from the app’s settings, or add the missing ones there.",
        shows="scope",
    ),
    "scope_malformed": Problem(
        "scope is empty, or a name in it is longer than 100 characters or has characters that no scope may have.",
        "Send names with single spaces between them (not commas), or leave scope out to request all of the app’s.",
    ),
    "resource_unknown": Problem(
        "resource is not the URI of an API that is registered here.",
        "Send the resource URI from the API’s documentation or its protected-resource metadata.",
        shows="resource",
    ),
    "resource_malformed": Problem(
        "resource is not an absolute URI without a fragment.",
        "Send it in full, as https://api.example.com.",
        shows="resource",
    ),
    "resource_too_much": Problem("resource names too many APIs at once.", "Name at most 10 in one request."),
    "document_unusable": Problem(
        "The metadata document at the app’s client_id can’t be used.",
        "Serve valid JSON at that address with status 200, with the address as its client_id and without a secret.",
    ),
    "document_not_listed": Problem(
        "This app registers itself, and the host of its client_id isn’t allowed here.",
        "Ask an administrator to allow the host, or to register the app.",
    ),
    "host_blocked": Problem("An administrator blocked the host of this app.", "Ask an administrator to unblock it."),
    "no_scopes_for_self_registered": Problem(
        "No scopes are open here to apps that register themselves.", "Ask an administrator to open one."
    ),
    "not_approved": Problem(
        "Someone who doesn’t develop the app tried to connect it before it was approved.",
        "Wait for the approval. Until then only the app’s developers can connect it.",
    ),
    "developer_disabled": Problem(
        "A new user tried to connect the app while its developer’s account is disabled.",
        "Ask an administrator to transfer the app to another developer. Connected users stay connected.",
    ),
}

AT_TOKEN = {
    "code_unknown": Problem(
        "The code is unknown, or it expired before it was exchanged.",
        "Exchange a code immediately, exactly as it came: decode it from the URL once, and encode it once.",
    ),
    "device_code_malformed": Problem(
        "device_code is not a device code.", "Send the device_code of the device authorization response, complete."
    ),
    "device_code_of_another": Problem(
        "The device_code was issued to another app.", "Use the client ID that requested the device_code."
    ),
    "device_limit": Problem(
        "Too many device codes were requested from one address.",
        "Request a new one only when the user starts again, or the last one expired.",
    ),
    "code_of_another": Problem(
        "The code was issued to another app.", "Use the client ID of the authorization request for the exchange too."
    ),
    "code_redirect_uri": Problem(
        "redirect_uri differs from the one in the authorization request, or it is missing and no PKCE was used.",
        "Send the same redirect_uri again, port included; with PKCE it may be left out of the exchange.",
        shows="redirect_uri",
    ),
    "code_used": Problem(
        "The code was exchanged before. All tokens of the first exchange were revoked, to be safe.",
        "Exchange each code once. Look for a callback that runs twice (a reload, a double click, two workers), "
        "or a device that keeps polling after it got tokens.",
    ),
    "verifier_missing": Problem(
        "code_verifier is missing.", "Store the verifier with the request’s state, and send it with the code."
    ),
    "verifier_wrong": Problem(
        "code_verifier is not the one that the code_challenge was made of.",
        "Store one verifier for each request. Two tabs that share one fail like this, and so does a new verifier.",
    ),
    "verifier_malformed": Problem(
        "code_verifier is not 43 to 128 characters: letters, digits, - . _ and ~.",
        "Make it from 32 random bytes as base64url, without = at the end.",
    ),
    "verifier_unexpected": Problem(
        "code_verifier was sent, but the authorization request had no code_challenge.",
        "Send code_challenge in the authorization request too; if you did, something removed it on the way.",
    ),
    "grant_ended": Problem(
        "The user revoked the app’s access, or changed their password, before the code was exchanged.",
        "Nothing is broken. Ask the user to connect the app again if they want to.",
    ),
    "refresh_unknown": Problem(
        "The refresh token is unknown, or was issued to another app.",
        "Send the latest refresh token, complete, with the client ID that it was issued to. It begins with ort_.",
    ),
    "refresh_ended": Problem(
        "The refresh token expired, or was revoked: by the user, by an administrator, or by the app itself.",
        "Send the user through authorization again, and do not repeat the request.",
    ),
    "refresh_superseded": Problem(
        "The refresh token was replaced a moment ago, and its successor is already in use.",
        "Let one process at a time refresh, and store the new refresh token of every response before you use it.",
    ),
    "refresh_reused": Problem(
        "A replaced refresh token was used again. All tokens of that connection were revoked, to be safe.",
        "Store the new refresh token of every response, and let one process at a time refresh. "
        "If your app does so, the token was stolen.",
    ),
    "scope_beyond": Problem(
        "None of the requested scopes was granted by the user and is still allowed for your app.",
        "Leave scope out when you refresh, or name a part of what was granted; for more, ask the user again.",
        shows="scope",
    ),
    "target_beyond": Problem(
        "resource names an API that the authorization request did not name.",
        "Send resource in the authorization request too.",
        shows="resource",
    ),
    "own_access_missing": Problem(
        "The app requested a token for itself, but no administrator has opened any scopes to it.",
        "Ask an administrator of this server to open the scopes that the app needs without a user.",
    ),
    "own_scope_beyond": Problem(
        "The app may use none of the requested scopes for itself, without a user.",
        "Request scopes from the app’s own access, or leave scope out to get all of them.",
        shows="scope",
    ),
    "own_target_beyond": Problem(
        "resource names an API that the app may not use for itself, without a user.",
        "Name an API from the app’s own access, or leave resource out to get all of them.",
        shows="resource",
    ),
    "owner_disabled": Problem(
        "The account of the app’s owner is disabled, so the app can’t get tokens for itself.",
        "Ask an administrator to transfer the app to another developer.",
    ),
    "own_families_limit": Problem(
        "The app requested too many different sets of scopes and resources for itself.",
        "Request the same set each time, and use an access token until it expires.",
    ),
    "token_limit": Problem(
        "The app sent more requests to the token endpoint than its limit allows.",
        "Use an access token until it expires instead of fetching one for each call; wait for the time in Retry-After.",
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
        "An unknown, expired or revoked access token was used.",
        "Nothing is broken if your app refreshes when an API answers 401, or shortly before expires_in is over.",
    ),
    "wrong_audience": Problem(
        "The access token is not meant for the API that it was sent to.",
        "Name that API as resource in the authorization request, or use a token that is not limited to another.",
        shows="resource",
    ),
    "token_without_user": Problem(
        "The app used a token of its own where the API accepts only tokens of users.",
        "Send the user through authorization, and use their token; or ask the API’s operators to accept apps there.",
    ),
    "calls_limit": Problem(
        "The app has used up its calls of this hour.",
        "Wait for the time in Retry-After, spread your calls, or ask the administrators of this server for more.",
    ),
    "share_limit": Problem(
        "One user has used up their share of the app’s calls of this hour.",
        "Wait for the time in Retry-After; other users aren’t affected.",
    ),
}

AT_REGISTRATION = {
    "registration_off": Problem(
        "Apps can’t register themselves here.",
        "Ask a developer to register the app in the developer portal, and use its client_id.",
    ),
    "registration_token_missing": Problem(
        "Registration needs an initial access token.",
        "Ask an administrator for one, and send it in the Authorization header, after Bearer.",
    ),
    "registration_token_unknown": Problem(
        "The initial access token is unknown, expired or revoked.", "Ask an administrator for another."
    ),
}

AT_ANY = {
    "grant_type_not_allowed": Problem(
        "The app used a grant type that is turned off for it.",
        "Turn it on in the developer portal, in the app’s settings under How it gets tokens; or use one that is on.",
    ),
    "parameter_missing": Problem("A required parameter is missing.", "Send it; an empty value counts as missing."),
    "parameter_repeated": Problem("A parameter was sent more than once.", "Send each parameter once."),
    "not_a_form": Problem(
        "The body is not a form: its Content-Type is not application/x-www-form-urlencoded.",
        "Send the parameters as a form, not as JSON: URLSearchParams in JavaScript, data= in Python’s requests.",
    ),
    "method_not_supported": Problem(
        "The endpoint does not accept this HTTP method.",
        "Send a POST with the parameters in its body to every endpoint except /oauth/authorize and /oauth/verify.",
    ),
    "address_unknown": Problem(
        "There is nothing at this address.",
        "Use the endpoint addresses in /.well-known/oauth-authorization-server.",
        shows="address",
    ),
}

# Only a sender that has a code or refresh token of the app can cause these, which authenticates even a public app.
WITH_ITS_TOKEN = frozenset(
    {
        *("code_redirect_uri", "code_used", "grant_ended", "scope_beyond", "target_beyond"),
        *("verifier_missing", "verifier_wrong", "verifier_malformed", "verifier_unexpected"),
        *("refresh_ended", "refresh_superseded", "refresh_reused"),
    }
)

# Problems of calls to APIs; all others are of OAuth requests.
OF_CALLS = frozenset({*AT_APIS, "insufficient_scope", "invalid_token"})

PROBLEMS = BY_CODE | AT_AUTHORIZATION | AT_AUTHENTICATION | AT_TOKEN | AT_APIS | AT_REGISTRATION | AT_ANY

# Not recorded, as the request is not at fault.
OF_THE_SERVER = {
    "server_error": Problem(
        "The server failed unexpectedly.", "Try again. If it happens again, report it to the operator."
    ),
    "temporarily_unavailable": Problem(
        "A database of the server isn’t answering.",
        "Wait as long as Retry-After says, then send the request again. Keep your tokens: they are still good.",
    ),
    "too_many_requests": Problem(
        "A rate limit was reached. Tokens and credentials are still good.", "Wait as long as Retry-After says."
    ),
}
EXPLANATIONS = PROBLEMS | OF_THE_SERVER
