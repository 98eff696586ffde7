// npm's oidc-provider, with its own sign-in pages; it prints its issuer once it listens.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const public_client = {
  client_id: 'cli',
  token_endpoint_auth_method: 'none',
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
};
const provider = new Provider(issuer, {
  clients: [public_client, { ...public_client, client_id: 'secret', client_secret: 's+ c', token_endpoint_auth_method: 'client_secret_basic' }],
  scopes: ['openid', 'offline_access', 'read'],
  features: {
    revocation: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'opaque' }),
    },
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  cookies: { keys: ['of a test'] },
});
createServer(provider.callback()).listen(port, '127.0.0.1', () => console.log(issuer));
