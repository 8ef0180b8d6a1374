import { upstreamClientMetadata } from '@gatehouse/config/urls/upstream-client';
import { KIB } from '@gatehouse/kernel/sizes';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import type { McpProvider } from './mcp-provider.js';
import { methodToRegister, readRegistration, type Registered } from './registration-answer.js';
import type { FitServer } from './server-metadata.js';
import { UnfitServer } from './unfit-server.js';

const MAX_ANSWER_BYTES = 64 * KIB;

/**
 * Dynamic Client Registration (RFC 7591 section 3).
 * @param publicUrl of this gateway
 * @throws {UnfitServer}
 * @throws {OutboundFailure}
 */
export async function register(
  provider: McpProvider,
  server: FitServer,
  scopes: readonly string[],
  publicUrl: string,
): Promise<Registered> {
  const { registration_endpoint: url, token_endpoint_auth_methods_supported: methods } = server;
  if (url === undefined) throw new UnfitServer('no_registration', server.issuer);
  const { redirectUri, name } = provider;
  const metadata = {
    ...upstreamClientMetadata({ publicUrl, provider: name, redirectUri }),
    token_endpoint_auth_method: methodToRegister(methods),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  };
  const { status, body } = await safeFetch(
    {
      url,
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'gatehouse' },
      body: JSON.stringify(metadata),
    },
    { ...provider, maxResponseBytes: MAX_ANSWER_BYTES },
  );
  if (status === 429 || status >= 500)
    throw new OutboundFailure('unreachable', true, `the registration is answered with ${status}`);
  // RFC 7591 section 3.2.1 says 201; some say 200.
  if (status !== 200 && status !== 201) throw new UnfitServer('registration_refused', server.issuer);
  return readRegistration(parsed(body), redirectUri);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    return undefined;
  }
}
