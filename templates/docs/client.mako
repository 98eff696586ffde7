## The client: oauthsrv auth on the command line, and the same in Python.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="install" file="/parts/install.mako"/>
<p>Our client opens the browser, stores the tokens where only you can read them, and renews them. Register the app as “Command line”, with the redirect URI <code>http://127.0.0.1/callback</code>: any port works.</p>
${guide.heading("Log in")}
<%code:block language="shell" id="install">
${install.command(issuer, "client")}
</%code:block>
<%code:block language="shell" id="login">
oauthsrv auth login mine --issuer ${issuer} --client-id ${sample.client_id}
oauthsrv auth token mine --header | curl -H @- https://api.example.com/data
oauthsrv auth exec mine -- ./report.sh
</%code:block>
<p><code>mine</code> is a name you choose: it remembers issuer, client and scopes.</p>
<dl class="facts">
<dt><code>--no-browser</code></dt>
<dd>Over SSH, or without a browser: open the printed address anywhere, and paste the address of the page it ends on. <code>--clipboard</code> copies the printed address.</dd>
<dt><code>--device</code></dt>
<dd>Log in with a phone (RFC 8628). A terminal shows a QR code. The app needs <a href="/developer/docs/devices">the device grant</a>.</dd>
<dt><code>--account work</code></dt>
<dd>Several accounts of one service. It works with every command; <code>oauthsrv auth switch mine work</code> makes the account the default.</dd>
<dt><code>--with-token</code></dt>
<dd>Store a token from elsewhere, read from standard input. <code>MINE_TOKEN</code> in the environment wins and is never stored. Neither is renewed.</dd>
<dt><code>--scope</code></dt>
<dd>Fewer scopes (repeatable). <code>--scope ""</code> requests all again.</dd>
<dt><code>--resource</code>, <code>--prompt</code>, <code>--login-hint</code></dt>
<dd>The API that the tokens are for (RFC 8707), and what the server shows the person.</dd>
</dl>
<p>For completion in your shell: <code>eval "$(oauthsrv auth completion bash)"</code>.</p>
${guide.heading("In Python")}
<%code:block language="python" id="sessions">
from oauthsrv.client import create_client

client = create_client()
client.oauth.authenticate("mine", ${sample.in_code(sample.client_id)}, issuer="${issuer}", scopes=[${sample.in_code(sample.scope)}])  # opens the browser
client.session("mine", hosts=["api.example.com"]).get("https://api.example.com/data")
</%code:block>
<p><code>session</code> (requests) and <code>httpx_auth</code> (httpx) send the token only to <code>hosts</code>, or without them to the first host that is called; over https, or to this machine. They renew it in time and after a 401, and raise <code>NoToken</code> if nobody is logged in. Calls of <code>client.oauth</code> return <code>Success(value)</code> or <code>Failure(error, code, server_error, retry_after)</code>.</p>
<p><code>create_client</code> takes a token storage of your own (<code>save_tokens</code>, <code>load_tokens</code>, <code>delete_tokens</code>) and providers in code. Samples written for <code>context_harness</code> run with the package renamed to <code>oauthsrv.client</code>, with three differences: <code>logout</code> returns what the server answered, which is true if anybody was logged in; an unknown service is <code>NOT_AUTHENTICATED</code>; <code>create_client</code> takes no project folder.</p>
<p>Exit codes, storage and other servers are in <a href="/developer/docs/client-details">Command line: details</a>.</p>
