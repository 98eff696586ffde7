## The client: oauthsrv auth on the command line, and the same in Python.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="install" file="/parts/install.mako"/>
<%code:block language="shell">
${install.command(issuer, "client")}
</%code:block>
<%code:block language="shell" id="login">
oauthsrv auth login mine --issuer ${issuer} --client-id cli_…
oauthsrv auth token mine --header | curl -H @- https://api.example.com/data
oauthsrv auth exec mine -- ./report.sh
</%code:block>
<p>Register the app as “A command-line tool”, with the redirect URI <code>http://127.0.0.1/callback</code> (any port works). <code>mine</code> is a name you choose: it remembers issuer, client and scopes.</p>
<h2>Options of a login</h2>
<dl class="facts">
<dt><code>--no-browser</code></dt>
<dd>Over SSH, or without a browser: open the printed address anywhere, and paste the address of the page it ends on. <code>--clipboard</code> copies the printed address.</dd>
<dt><code>--device</code></dt>
<dd>Log in with a phone (RFC 8628). A terminal shows a QR code. The app needs <a href="/developer/docs/devices">the device grant</a>.</dd>
<dt><code>--account work</code></dt>
<dd>Several accounts of one service. It works with every command; <code>oauthsrv auth switch mine work</code> makes the account the default.</dd>
<dt><code>--with-token</code></dt>
<dd>Stores a token from elsewhere, read from standard input. <code>MINE_TOKEN</code> in the environment wins and is never stored. Neither is renewed.</dd>
<dt><code>--scope</code></dt>
<dd>Fewer scopes (repeatable). <code>--scope ""</code> requests all again.</dd>
<dt><code>--resource</code>, <code>--prompt</code>, <code>--login-hint</code></dt>
<dd>The API that the tokens are for (RFC 8707), and what the server shows the person.</dd>
</dl>
<p>For completion in your shell: <code>eval "$(oauthsrv auth completion bash)"</code>.</p>
<h2>Exit codes and failures</h2>
<p>Stdout has only the answer, one object with <code>--json</code>; everything else goes to stderr. Exit code 2 is wrong usage. In Python, calls of <code>client.oauth</code> return <code>Success(value)</code> or <code>Failure(error, code, server_error, retry_after)</code>.</p>
<dl class="facts">
<dt>1: <code>AUTH_FAILED</code>, <code>CONFIG_MISSING</code>, <code>NOT_FOUND</code>, <code>TOKEN_REFRESH_FAILED</code></dt>
<dd>The message says why, and names the setting, the callback URL or the folder. A login is kept if a refresh fails.</dd>
<dt>3: <code>AUTH_REQUIRED</code>, <code>TOKEN_EXPIRED</code>; <code>TOKEN_REFRESH_FAILED</code> after <code>invalid_grant</code></dt>
<dd>Log in again. With the scope <code>offline_access</code> many servers give a refresh token.</dd>
<dt>4: <code>AUTH_CANCELLED</code></dt>
<dd>The person said no. Ctrl-C is <code>KeyboardInterrupt</code> in Python.</dd>
<dt>5: <code>TIMEOUT</code></dt>
<dd>The browser did not come back within <code>--timeout</code> (300 seconds). Did it open the address? Is the port free? Is the callback URL registered?</dd>
<dt>6: <code>NETWORK_ERROR</code></dt>
<dd>The server can’t be reached, or did not answer within 10 seconds.</dd>
<dt>7: any, with <code>retry_after</code> set</dt>
<dd>Try again: the server is busy or broken (429, 5xx), or another process is renewing the login.</dd>
</dl>
<h2>In Python</h2>
<%code:block language="python" id="sessions">
from oauthsrv.client import create_client

client = create_client()
client.oauth.authenticate("mine", "cli_…", issuer="${issuer}", scopes=["read:data"])  # opens the browser
client.session("mine", hosts=["api.example.com"]).get("https://api.example.com/data")
</%code:block>
<p><code>session</code> (requests) and <code>httpx_auth</code> (httpx) send the token only to <code>hosts</code>, or without them to the first host that is called; over https, or to this machine. They renew it in time and after a 401, and raise <code>NoToken</code> if nobody is logged in. <code>create_client</code> takes a token storage of your own (<code>save_tokens</code>, <code>load_tokens</code>, <code>delete_tokens</code>) and providers in code.</p>
<p>Samples written for <code>context_harness</code> run with the package renamed to <code>oauthsrv.client</code>, except for three things: <code>logout</code> returns what the server answered, which is true if anybody was logged in; an unknown service is <code>NOT_AUTHENTICATED</code>, as a login may still name it; <code>create_client</code> takes a token storage, no project folder.</p>
<h2>Where logins are stored</h2>
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
<h2>Other servers</h2>
<p>A server that publishes its metadata needs only <code>--issuer</code>, and no <code>--client-id</code> if it lets clients register themselves (RFC 7591). Two services are built in:</p>
<dl class="facts">
<dt><code>github</code></dt>
<dd>Register at github.com/settings/developers, with the callback URL <code>http://127.0.0.1/callback</code>.</dd>
<dt><code>atlassian</code></dt>
<dd>Register at developer.atlassian.com/console/myapps, with the callback URL <code>http://localhost:8080/callback</code>. <code>oauthsrv auth resources atlassian</code> lists the sites.</dd>
</dl>
<p>Any other goes into <code>~/.oauthsrv/providers.toml</code>, or into code: <code>create_client(providers=[OAuthProvider("gitlab", auth_url=…, token_url=…)])</code>.</p>
<%code:block language="toml" file="providers.toml">
[company]
auth_url = "https://app.example.com/oauth/authorize"
token_url = "https://app.example.com/oauth/token"
scopes = ["read_api"]
redirect_ports = [8080]     # by default 8080, 3000, 57548, on 127.0.0.1
any_free_port = false       # for a server that compares the port too
</%code:block>
<p>Further keys are the fields of <code>OAuthProvider</code>: <code>issuer</code>, <code>revocation_url</code>, <code>device_url</code>, <code>redirect_host</code>, <code>audience</code> and so on.</p>
