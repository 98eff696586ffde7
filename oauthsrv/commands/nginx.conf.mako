<%def name="tls()">\
        % if certificate:
        ssl_certificate ${certificate};
        ssl_certificate_key ${key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:oauthsrv:5m;
        % endif
</%def>\
<%def name="site(host)">\
        % for address in listen:
        listen ${address}${" ssl" if certificate else ""};
        % endfor
        server_name ${host};
        server_tokens off;
        absolute_redirect off;
${tls()}\
        % for proxy in proxies:
        set_real_ip_from ${proxy};
        % endfor
        % if proxies:
        real_ip_header X-Forwarded-For;
        real_ip_recursive on;
        % endif

        # Longer headers are answered 431, longer addresses 414, longer bodies 413, slower senders 408. The first is the
        # time for all headers; the others are for one step each, and limit_conn bounds how many such steps go on at once.
        client_header_buffer_size 4k;
        large_client_header_buffers 4 16k;
        client_max_body_size 1m;
        client_header_timeout 10s;
        client_body_timeout 10s;
        send_timeout 10s;
        keepalive_timeout 20s;
        lingering_time 5s;
        lingering_timeout 2s;
        error_page 494 =431 @header_too_large;

        # X_OAuth_Subject would be X-OAuth-Subject to many applications.
        underscores_in_headers off;

        limit_conn_status 429;
        limit_req_status 429;

        proxy_http_version 1.1;
        proxy_connect_timeout 2s;
        # A redirect carries the state of an app, which may be as long as the address it came in.
        proxy_buffer_size 64k;
        proxy_buffers 4 64k;
        proxy_busy_buffers_size 128k;

        location @header_too_large {
            default_type application/json;
${secure()}\
            return 431 '{"error": "invalid_request", "error_description": "The headers of this request are too long."}';
        }
</%def>\
<%def name="secure()">\
            % if scheme == "https":
            add_header Strict-Transport-Security "max-age=31536000" always;
            % endif
</%def>\
<%def name="forwarded(authority)">\
            proxy_set_header Host ${authority};
            proxy_set_header Connection "";
            proxy_set_header Upgrade "";
            # Replaced, not added to: what callers say about themselves in these is not passed on.
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto ${scheme};
            proxy_set_header X-Forwarded-Host ${authority};
            proxy_set_header X-Forwarded-Port ${port};
            proxy_set_header X-Forwarded-Prefix "";
            proxy_set_header X-Forwarded-Server "";
            proxy_set_header X-Forwarded-Ssl "";
            proxy_set_header X-Forwarded-Scheme "";
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Request-Id $request_id;
            proxy_set_header Forwarded "";
</%def>\
<%def name="nobody()">\
            proxy_set_header X-OAuth-Subject "";
            proxy_set_header X-OAuth-Client "";
            proxy_set_header X-OAuth-Scope "";
            proxy_set_header X-OAuth-Expires "";
</%def>\
<%def name="server(path, kind)">\
        location ${path} {
            limit_conn oauthsrv_pages 100;
            limit_conn oauthsrv_page_bodies 50;
            limit_req zone=oauthsrv_sign_in burst=100 nodelay;
            limit_req zone=oauthsrv_token burst=1000 nodelay;
            error_page 413 = @too_large_${kind};
            error_page 429 = @busy_${kind};
            error_page 502 504 = @away_${kind};
            proxy_pass http://oauthsrv;
            proxy_read_timeout 30s;
${secure()}\
${forwarded(authority)}\
${nobody()}\
        }
</%def>\
<%def name="to_everybody()">\
            add_header Access-Control-Allow-Origin * always;
            add_header Access-Control-Expose-Headers "${exposed}" always;
</%def>\
<%def name="refusal(name, status, error, text, cors)">\
        location @${name} {
            default_type application/json;
            add_header Cache-Control no-store always;
            % if status != 413:
            add_header Retry-After 2 always;
            % endif
${cors()}\
${secure()}\
            return ${status} '{"error": "${error}", "error_description": "${text}"}';
        }
</%def>\
<%def name="page(name, status, heading, text)">\
        location @${name} {
            default_type "text/html; charset=utf-8";
            add_header Cache-Control no-store always;
            add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
            % if status != 413:
            add_header Retry-After 2 always;
            % endif
${secure()}\
            return ${status} '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>${heading}</title><h1>${heading}</h1><p>${text}</p></html>';
        }
</%def>\
<%def name="readable()">\
            % if origins:
            add_header Access-Control-Allow-Origin $oauth_origin always;
            add_header Access-Control-Expose-Headers $oauth_exposed always;
            add_header Vary Origin always;
            % endif
</%def>\
<%def name="api(below, authority)">\
        # The API: a call gets here with a good token, or by a rule that is open to everybody, or as a browser's preflight.
        location ^~ ${below} {
            # Read here: in a check, address and query are those of the check.
            set $oauth_needed $oauth_scope;
            set $oauth_course_of_call $oauth_course;
            set $oauth_refused_address $oauth_in_address;
            set $oauth_status $oauth_course;
            if ($oauth_course_of_call = unclear-400) {
                return 418;  # not 400, which nginx makes of a body that it cannot read
            }
            if ($oauth_course_of_call = no-rule-403) {
                return 403;
            }

            limit_conn oauthsrv_calls 100;
            limit_conn oauthsrv_call_bodies 50;

            auth_request /_oauth/check;
            auth_request_set $oauth_status $upstream_status;
            auth_request_set $oauth_challenge $upstream_http_www_authenticate;
            auth_request_set $oauth_retry_after $upstream_http_retry_after;
            auth_request_set $oauth_policy $upstream_http_ratelimit_policy;
            auth_request_set $oauth_limit $upstream_http_ratelimit;
            auth_request_set $oauth_subject $upstream_http_x_oauth_subject;
            auth_request_set $oauth_client $upstream_http_x_oauth_client;
            auth_request_set $oauth_granted $upstream_http_x_oauth_scope;
            auth_request_set $oauth_expires $upstream_http_x_oauth_expires;
            error_page 401 403 418 500 = @oauth_refused;
            error_page 413 = @api_too_large;
            error_page 429 = @api_busy;
            error_page 502 504 = @api_away;

            # With a path, nginx hands on the address as it understood it, so the API judges the one that was checked.
            proxy_pass http://api${below};
            proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Charset;
${forwarded(authority)}\
            # Frameworks take another method or path from these than the ones that were checked.
            proxy_set_header X-HTTP-Method-Override "";
            proxy_set_header X-HTTP-Method "";
            proxy_set_header X-Method-Override "";
            proxy_set_header X-Original-URL "";
            proxy_set_header X-Rewrite-URL "";
            % if below != "/":
            # On this host cookies are those of sign-in: the API neither sees nor sets any.
            proxy_set_header Cookie "";
            proxy_hide_header Set-Cookie;
            % endif
            proxy_set_header X-OAuth-Subject $oauth_subject;
            proxy_set_header X-OAuth-Client $oauth_client;
            proxy_set_header X-OAuth-Scope $oauth_granted;
            proxy_set_header X-OAuth-Expires $oauth_expires;
            % if scheme == "https":
            proxy_hide_header Strict-Transport-Security;
            % endif
${secure()}\
            add_header RateLimit-Policy $oauth_policy always;
            add_header RateLimit $oauth_limit always;
            % if origins:
            # What origins may read the API's answers, the API says itself.
            add_header Access-Control-Expose-Headers $oauth_exposed always;
            % endif
        }

        # One check, never cached: what was revoked a moment ago is refused.
        location = /_oauth/check {
            internal;
            if ($oauth_course_of_call = open) {
                return 204;
            }
            proxy_pass http://oauthsrv/oauth/verify?scope=$oauth_needed${resource}$oauth_refused_address;
            proxy_pass_request_body off;
            proxy_cache off;
            proxy_read_timeout 5s;
${forwarded(authority)}\
            proxy_set_header Content-Length "";
            proxy_set_header Cookie "";
${nobody()}\
        }

        location @oauth_refused {
            default_type application/json;
            add_header WWW-Authenticate $oauth_challenge_sent always;
            add_header Retry-After $oauth_come_again always;
            add_header RateLimit-Policy $oauth_policy always;
            add_header RateLimit $oauth_limit always;
            add_header Cache-Control no-store always;
${readable()}\
${secure()}\
            if ($oauth_status ~ "200$") {
                return 500;
            }
            if ($oauth_status ~ "400$") {
                return 400 $oauth_body;
            }
            if ($oauth_status ~ "401$") {
                return 401 $oauth_body;
            }
            if ($oauth_status ~ "403$") {
                return 403 $oauth_body;
            }
            if ($oauth_status ~ "429$") {
                return 429 $oauth_body;
            }
            return 503 $oauth_body;
        }

${refusal("api_too_large", 413, "invalid_request", "The request body is too large.", readable)}
${refusal("api_busy", 429, "too_many_requests", "Too many requests at once from this address. Try again shortly.", readable)}
${refusal("api_away", 503, "temporarily_unavailable", "The API cannot be reached right now. Try again shortly.", readable)}\
</%def>\
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
    # decides. A call that no line fits is refused; "-" is open to everybody; several scopes are joined by %20.
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
        "~^POST /(?:login|signup|welcome|account/password)$" $oauth_sender;
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
    log_format oauthsrv '$remote_addr [$time_iso8601] "$request_method $uri" $status $body_bytes_sent $request_time $request_id "$oauth_status"';
    access_log /var/log/nginx/oauthsrv.access.log oauthsrv;
    # Each line of an error log quotes the whole request, its query too: only what stops nginx is written.
    error_log stderr emerg;

    server {
${site(host)}
        # Sign-in, consent, the portal.
${server("/", "page")}
        # The endpoints of the protocol, whose callers read JSON.
${server(r"~ ^/(?:oauth/(?!authorize$)|\.well-known/|admin/api/|healthz$|readyz$)", "json")}
        # For the machine's own monitoring, at the server's own address.
        location = /metrics {
            return 404;
        }

${page("too_large_page", 413, "That is too large", "Send less than 1 MB.")}
${page("busy_page", 429, "Too many requests", "Try again in a few seconds.")}
${page("away_page", 503, "Temporarily unavailable", "Try again in a few seconds.")}
${refusal("too_large_json", 413, "invalid_request", "The request body is too large.", to_everybody)}
${refusal("busy_json", 429, "too_many_requests", "Too many requests at once from this address. Try again shortly.", to_everybody)}
${refusal("away_json", 503, "temporarily_unavailable", "The server cannot be reached right now. Try again shortly.", to_everybody)}\
        % if not api_host:

${api("/api/", authority)}\
        % endif
    }
    % if api_host:

    server {
${site(api_host)}
${api("/", api_authority)}\
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
