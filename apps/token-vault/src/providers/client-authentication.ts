import {
  ClientSecretBasic,
  ClientSecretPost,
  None,
  type ClientAuth,
  type ServerMetadata,
} from 'openid-client';
import type { Provider } from './provider-registry.js';
import { isResolved } from './resolved-provider.js';

/** The client's authentication at the token endpoint: as configured, else the best that the provider's metadata offers. */
export function clientAuthentication(provider: Provider, metadata: ServerMetadata): ClientAuth {
  const { clientSecret, tokenEndpointAuthMethod } = provider;
  if (clientSecret === undefined) return None();
  switch (tokenEndpointAuthMethod ?? offered(metadata.token_endpoint_auth_methods_supported)) {
    case 'client_secret_basic':
      return isResolved(provider)
        ? sparingBasic(clientSecret.reveal())
        : ClientSecretBasic(clientSecret.reveal());
    case 'client_secret_post':
      return ClientSecretPost(clientSecret.reveal());
    case 'none':
      return None();
  }
}

/** RFC 8414 section 2: the default is `client_secret_basic`. */
const offered = (
  methods: readonly string[] = ['client_secret_basic'],
): 'client_secret_basic' | 'client_secret_post' =>
  methods.includes('client_secret_basic') || !methods.includes('client_secret_post')
    ? 'client_secret_basic'
    : 'client_secret_post';

/**
 * RFC 6749 section 2.3.1: form-encoded, and no more than that. The library encodes `-`, `_` and `.` as well, which stand in
 * nearly every id that a server makes; many authorization servers of MCP servers read what comes, undecoded.
 */
const sparingBasic =
  (secret: string): ClientAuth =>
  (_server, client, _body, headers) => {
    const credentials = [client.client_id, secret].map(formEncoded).join(':');
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  };

const formEncoded = (text: string): string => new URLSearchParams({ x: text }).toString().slice('x='.length);
