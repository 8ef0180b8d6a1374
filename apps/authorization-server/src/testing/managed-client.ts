import { REDIRECT_URI, type TestService } from './test-service.js';

/** What a registration answers (RFC 7591, section 3.2.1; RFC 7592, section 3). */
export interface Registered extends Readonly<Record<string, unknown>> {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
}

export const METADATA = { redirect_uris: [REDIRECT_URI], client_name: 'Test Client' };

export const registerAt = async (
  service: TestService,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<Registered> => (await service.post('/oauth/register', { ...METADATA, ...metadata })) as Registered;

/** Asks for a client's own registration. */
export async function manageAt(
  at: TestService,
  method: 'GET' | 'PUT' | 'DELETE',
  clientId: string,
  { token, body }: { readonly token?: string; readonly body?: unknown } = {},
) {
  const response = await fetch(`${at.local}/oauth/register/${clientId}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
  return { status: response.status, headers: response.headers, answer };
}
