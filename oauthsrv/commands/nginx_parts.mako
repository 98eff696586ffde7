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

        # Longer headers are answered 431, longer addresses 414, longer bodies 413, slower senders 408. The time for headers
        # is for all of them; that for bodies is between two parts, and limit_conn bounds how many are under way.
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
            add_header X-Request-Id $request_id always;
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
            limit_conn oauthsrv_pages 200;
            limit_conn oauthsrv_page_bodies 100;
            limit_req zone=oauthsrv_sign_in burst=100 nodelay;
            limit_req zone=oauthsrv_token burst=1000 nodelay;
            error_page 413 = @too_large_${kind};
            error_page 429 = @busy_${kind};
            error_page 502 504 = @away_${kind};
            proxy_pass http://oauthsrv;
            proxy_read_timeout 40s;
            # nginx knows no time for a whole body: the server gives one 30 seconds, and drops slow ones when many come.
            proxy_request_buffering off;
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
            add_header X-Request-Id $request_id always;
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
            add_header X-Request-Id $request_id always;
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

            limit_conn oauthsrv_calls 200;
            limit_conn oauthsrv_call_bodies 100;

            auth_request /_oauth/check;
            auth_request_set $oauth_status $upstream_status;
            auth_request_set $oauth_challenge $upstream_http_www_authenticate;
            auth_request_set $oauth_retry_after $upstream_http_retry_after;
            auth_request_set $oauth_policy $upstream_http_ratelimit_policy;
            auth_request_set $oauth_limit $upstream_http_ratelimit;
            auth_request_set $oauth_request_id $upstream_http_x_request_id;
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
            add_header X-Request-Id $oauth_request_id always;
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
