<%namespace name="parts" file="nginx_parts.mako"/>\
# nginx in front of oauthsrv at ${issuer} and of an API at ${api_origin}.
#
# Made by `oauthsrv nginx` from the settings, for nginx 1.18 or newer with its modules auth_request and realip. Test it
# with `nginx -t -c FILE`. An nginx that serves other sites too takes what is inside `http { }` as a file of its own in
# /etc/nginx/conf.d/, and the lines before it into its nginx.conf.
#
# oauthsrv believes the addresses that it gets from here if OAUTHSRV_TRUSTED_PROXIES names this nginx${trusted}.

worker_processes auto;
# Each request takes two connections, and each connection a file.
worker_rlimit_nofile 16384;

events {
    worker_connections 8000;
}

http {
    upstream oauthsrv {
        server ${server_address};
        keepalive 32;
        keepalive_timeout 30s;
    }

    upstream api {
        server ${api_address};
        keepalive 32;
        keepalive_timeout 30s;
    }

    # Which scopes a call needs, by method and path: edit these lines, or print them with --rule. The first that fits
    # decides. A call that no line fits is refused; "-" is open to everybody; several scopes are joined by %20;
    # "&apps=yes" after them accepts tokens that apps got for themselves, too.
    map $request_method $oauth_method {
        default $request_method;
        HEAD    GET;
    }
    map "$oauth_method $uri" $oauth_scope {
        default "";
        % for line in rules:
        ${line}
        % endfor
    }

    # An address that two programs could read in two ways is refused: the rules would be about another one.
    map $request_uri $oauth_address {
        default unclear;
        # Path parameters, empty segments, backslashes.
        "~^[^?]*(?:;|//|\x5c)" unclear;
        # Separators and controls in disguise, and whatever was encoded twice.
        "~*^[^?]*%(?:[01]|2f|3b|5c|7f|25[0-9a-f][0-9a-f])" unclear;
        # Segments that some programs trim or resolve.
        "~*^[^?]*(?:\.|%2e|%20|%c2%a0)(?:[/?]|$)" unclear;
        "~*^[^?]*/(?:%20|%c2%a0)" unclear;
        # What is left must be ASCII as RFC 3986 has it, or valid UTF-8.
        "~*^/(?:[!$&-.0-9:=@A-Z_~/]|%[2-7][0-9a-f]|%(?:c[2-9a-f]|d[0-9a-f])%[89ab][0-9a-f]|%e0%[ab][0-9a-f]%[89ab][0-9a-f]|%e[1-9abcef](?:%[89ab][0-9a-f]){2}|%ed%[89][0-9a-f]%[89ab][0-9a-f]|%f0%[9ab][0-9a-f](?:%[89ab][0-9a-f]){2}|%f[123](?:%[89ab][0-9a-f]){3}|%f4%8[0-9a-f](?:%[89ab][0-9a-f]){2})*+(?:\?|$)" clear;
    }

    # A browser asks by OPTIONS, without a token, whether it may send a call: the API answers that (Fetch standard).
    map "$request_method $http_origin $http_access_control_request_method" $oauth_preflight {
        default "";
        "~^OPTIONS [^ ]+ [^ ]+$" preflight;
    }
    map "$oauth_address$oauth_preflight:$oauth_scope:$http_authorization" $oauth_course {
        default            check;
        "~^unclear"        unclear-400;
        "~^clearpreflight" open;
        "~^clear:-:"       open;
        "clear::"          check;  # the answer is a challenge
        "~^clear::"        no-rule-403;
    }

    # The server learns that there was a token in the address, which it refuses (RFC 9700 4.3.2), and not which.
    map $arg_access_token $oauth_in_address {
        default "&access_token=not-taken";
        ""      "";
    }

    # nginx makes 500 of each answer to a check that is none of 200, 401 and 403, and takes the challenge off a 403.
    # So status and headers of the check are carried to @oauth_refused, which sends them to the caller.
    map $oauth_status $oauth_body {
        default     '{"error": "temporarily_unavailable", "error_description": "Tokens cannot be checked right now. Try again shortly."}';
        unclear-400 '{"error": "invalid_request", "error_description": "The path holds an encoded separator, an empty segment, a semicolon, or the like."}';
        no-rule-403 '{"error": "access_denied", "error_description": "No rule allows this call."}';
        ~400$       '{"error": "invalid_request", "error_description": "This request for the API cannot be read. See WWW-Authenticate."}';
        ~401$       '{"error": "invalid_token", "error_description": "The access token is missing, unknown, expired, revoked, or meant for another API."}';
        ~403$       '{"error": "insufficient_scope", "error_description": "The access token lacks a scope that this call needs. See WWW-Authenticate."}';
        ~429$       '{"error": "too_many_requests", "error_description": "The rate limit is reached. Try again when Retry-After says."}';
    }
    map $oauth_status $oauth_challenge_sent {
        default $oauth_challenge;
        ~401$   "";  # nginx sends this one by itself
    }
    map $oauth_status $oauth_come_again {
        default     $oauth_retry_after;
        ""          2;
        check       2;
        ~50[0-24]$  2;
    }
    % if origins:

    # Whose scripts may read a refusal.
    map $http_origin $oauth_origin {
        default "${"*" if "*" in origins else ""}";
        % for origin in origins:
        % if origin != "*":
        "${origin}" "${origin}";
        % endif
        % endfor
    }
    map $oauth_origin $oauth_exposed {
        default "${exposed}";
        ""      "";
    }
    % endif

    # Limits count one IPv4 address, or the /64 that one IPv6 subscriber has at the least. Many people share an address
    # behind a NAT, so they are far above what people do.
    map $remote_addr $oauth_sender {
        default $remote_addr;
        "~^(?<oauth_net>(?:[0-9a-f]+:){3}[0-9a-f]+):" $oauth_net;
        "~^(?<oauth_net_short>[0-9a-f:]*?)::" "$oauth_net_short::";
    }
    # Whoever sends bodies slowly is counted apart, so that the others behind its address can still read pages.
    map "$content_length$http_transfer_encoding" $oauth_body_sender {
        default $oauth_sender;
        ""      "";
        0       "";
    }
    map "$request_method $uri" $oauth_signing_in {
        default "";
        "~^POST /(?:login|signup|welcome|reset|account/password)$" $oauth_sender;
    }
    map "$request_method $uri" $oauth_token_request {
        default "";
        "POST /oauth/token" $oauth_sender;
    }
    limit_conn_zone $oauth_sender zone=oauthsrv_pages:10m;
    limit_conn_zone $oauth_sender zone=oauthsrv_calls:10m;
    limit_conn_zone $oauth_body_sender zone=oauthsrv_page_bodies:10m;
    limit_conn_zone $oauth_body_sender zone=oauthsrv_call_bodies:10m;
    limit_req_zone $oauth_signing_in zone=oauthsrv_sign_in:10m rate=10r/s;
    limit_req_zone $oauth_token_request zone=oauthsrv_token:10m rate=200r/s;

    # Paths, never queries: those hold codes and what people searched for.
    log_format oauthsrv '$remote_addr [$time_iso8601] "$request_method $uri" $status $body_bytes_sent $request_time $request_id $sent_http_x_request_id "$oauth_status"';
    access_log /var/log/nginx/oauthsrv.access.log oauthsrv;
    # Each line of an error log quotes the whole request, its query too: only what stops nginx is written.
    error_log stderr emerg;

    server {
${parts.site(host)}
        # Sign-in, consent, the portal.
${parts.server("/", "page")}
        # The endpoints of the protocol, whose callers read JSON.
${parts.server(r"~ ^/(?:oauth/(?!authorize$|end_session$)|\.well-known/|admin/api/|healthz$|readyz$)", "json")}
        # For the machine's own monitoring, at the server's own address.
        location = /metrics {
            return 404;
        }

${parts.page("too_large_page", 413, "That is too large", "Send less than 1 MB.")}
${parts.page("busy_page", 429, "Too many requests", "Try again in a few seconds.")}
${parts.page("away_page", 503, "Temporarily unavailable", "Try again in a few seconds.")}
${parts.refusal("too_large_json", 413, "invalid_request", "The request body is too large.", parts.to_everybody)}
${parts.refusal("busy_json", 429, "too_many_requests", "Too many requests at once from this address. Try again shortly.", parts.to_everybody)}
${parts.refusal("away_json", 503, "temporarily_unavailable", "The server cannot be reached right now. Try again shortly.", parts.to_everybody)}\
        % if not api_host:

${parts.api("/api/", authority)}\
        % endif
    }
    % if api_host:

    server {
${parts.site(api_host)}
${parts.api("/", api_authority)}\
    }
    % endif
    % if redirects:
    % for name, authority_of_name in redirects:

    server {
        listen 80;
        % if ipv6:
        listen [::]:80;
        % endif
        server_name ${name};
        server_tokens off;
        client_header_timeout 10s;
        default_type application/json;
        if ($http_authorization) {
            return 400 '{"error": "invalid_request", "error_description": "A credential was sent without TLS. Revoke it, and use https."}';
        }
        return 308 https://${authority_of_name}$request_uri;
    }
    % endfor
    % endif
}
