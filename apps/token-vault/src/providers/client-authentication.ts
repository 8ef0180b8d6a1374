import {
  ClientSecretBasic,
  ClientSecretPost,
  None,
  type ClientAuth,
  type ServerMetadata,
} from 'openid-client';
import type { Provider } from './provider-registry.js';

/** The client's authentication at the token endpoint: as configured, else the best that the provider's metadata offers. */
export function clientAuthentication(
  { clientSecret, tokenEndpointAuthMethod }: Provider,
  metadata: ServerMetadata,
): ClientAuth {
  if (clientSecret === undefined) return None();
  switch (tokenEndpointAuthMethod ?? offered(metadata.token_endpoint_auth_methods_supported)) {
    case 'client_secret_basic':
      return ClientSecretBasic(clientSecret.reveal());
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
