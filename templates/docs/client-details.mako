## The client in detail: exit codes, where logins are stored, and servers of others.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>Stdout has only the answer, one object with <code>--json</code>; everything else goes to stderr. Exit code 2 is wrong usage.</p>
${guide.heading("Exit codes")}
<dl class="facts">
<dt>1: <code>AUTH_FAILED</code>, <code>CONFIG_MISSING</code>, <code>NOT_FOUND</code>, <code>TOKEN_REFRESH_FAILED</code></dt>
<dd>The message says why, and names the setting, the callback URL or the folder. A login is kept if a refresh fails.</dd>
<dt>3: <code>AUTH_REQUIRED</code>, <code>TOKEN_EXPIRED</code>; <code>TOKEN_REFRESH_FAILED</code> after <code>invalid_grant</code></dt>
<dd>Log in again. With the scope <code>offline_access</code> many servers give a refresh token.</dd>
<dt>4: <code>AUTH_CANCELLED</code></dt>
<dd>The user declined. Ctrl-C is <code>KeyboardInterrupt</code> in Python.</dd>
<dt>5: <code>TIMEOUT</code></dt>
<dd>The browser didn’t return within <code>--timeout</code> (300 seconds). Did it open the address? Is the port free? Is the callback URL registered?</dd>
<dt>6: <code>NETWORK_ERROR</code></dt>
<dd>The server can’t be reached, or did not answer within 10 seconds.</dd>
<dt>7: any, with <code>retry_after</code> set</dt>
<dd>Try again: the server is busy or broken (429, 5xx), or another process is renewing the login.</dd>
</dl>
${guide.heading("Where logins are stored")}
<p>Each login is one file, mode 0600, in a folder that only you can write to, with its secrets in the system’s keyring if that works; the first login says which. A client secret from the environment is not stored. One given with <code>--client-secret</code> is, and others on the machine can see it while the command runs.</p>
<dl class="facts">
<dt><code>OAUTHSRV_TOKEN_DIR</code></dt>
<dd>The folder, <code>~/.oauthsrv/tokens</code> by default.</dd>
<dt><code>OAUTHSRV_TOKEN_STORAGE</code></dt>
<dd><code>auto</code> by default; <code>keyring</code> or <code>file</code> uses only that.</dd>
<dt><code>OAUTHSRV_PROVIDERS</code></dt>
<dd>A file of your own providers, <code>~/.oauthsrv/providers.toml</code> by default.</dd>
<dt><code>MINE_CLIENT_ID</code>, <code>MINE_CLIENT_SECRET</code>, <code>MINE_ISSUER</code>, <code>MINE_TOKEN</code></dt>
<dd>Of the service <code>mine</code>. For <code>my-app</code> they start with <code>MY_APP</code>.</dd>
</dl>
${guide.heading("Other servers")}
<p>A server that publishes its metadata needs only <code>--issuer</code>, and no <code>--client-id</code> if it lets clients register themselves (RFC 7591). Two services are built in:</p>
<dl class="facts">
<dt><code>github</code></dt>
<dd>Register at github.com/settings/developers, with the callback URL <code>http://127.0.0.1/callback</code>.</dd>
<dt><code>atlassian</code></dt>
<dd>Register at developer.atlassian.com/console/myapps, with the callback URL <code>http://localhost:8080/callback</code>. <code>oauthsrv auth resources atlassian</code> lists the sites.</dd>
</dl>
<p>Any other goes into a file, or into code as <code>create_client(providers=[OAuthProvider("gitlab", auth_url=…, token_url=…)])</code>:</p>
<%code:block language="toml" id="providers" file="~/.oauthsrv/providers.toml">
[company]
auth_url = "https://app.example.com/oauth/authorize"
token_url = "https://app.example.com/oauth/token"
scopes = ["read_api"]
redirect_ports = [8080]     # by default 8080, 3000, 57548, on 127.0.0.1
any_free_port = false       # for a server that compares the port too
</%code:block>
<p>Further keys are the fields of <code>OAuthProvider</code>: <code>issuer</code>, <code>revocation_url</code>, <code>device_url</code>, <code>redirect_host</code>, <code>audience</code> and so on.</p>
