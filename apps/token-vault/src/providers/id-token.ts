import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { normalAnswer } from './normal-answer.js';
import type { Provider } from './provider-registry.js';
import type { TokenAnswer } from './token-answer.js';

/** Whether this provider is configured to say by an id_token who signed in. */
export const identifiesByIdToken = ({ protocol }: Provider): boolean =>
  protocol.type === 'oidc' || (protocol.type === 'oauth2' && protocol.identity.from === 'idToken');

/** Whether the client secret signs this provider's id_tokens (OpenID Connect Core section 10.1), and no published key. */
export const isSignedWithSecret = ({ protocol }: Provider): boolean =>
  protocol.type === 'oidc' && protocol.idTokenSignedWith === 'clientSecret';

/** A key of a provider's key set, as far as it matters here. */
interface PublishedKey {
  readonly kid?: string;
  readonly issuer?: unknown;
}

/**
 * What the library leaves to us: an HS256 signature, since it knows those of published keys alone; and, at a provider of many
 * tenants, that the key may speak for this one (the `issuer` member of Entra's keys).
 */
export async function isBelievable(
  provider: Provider,
  idToken: string | undefined,
  { issuer, keys }: { readonly issuer: string; readonly keys: readonly PublishedKey[] },
): Promise<boolean> {
  if (idToken === undefined) return true;
  if (isSignedWithSecret(provider)) return await bearsSecret(idToken, provider);
  const { protocol } = provider;
  if (protocol.type !== 'oidc' || protocol.issuerTemplate === undefined) return true;
  const { kid } = decodeProtectedHeader(idToken);
  const owners = keys.filter((key) => key.kid === kid).map((key) => key.issuer);
  const tenant = tenantOf(idToken) ?? '';
  return owners.every(
    (owner) =>
      owner === undefined || (typeof owner === 'string' && owner.replace('{tenantid}', tenant) === issuer),
  );
}

async function bearsSecret(idToken: string, { clientSecret }: Provider): Promise<boolean> {
  const secret = new TextEncoder().encode(clientSecret?.reveal() ?? '');
  return await compactVerify(idToken, secret, { algorithms: ['HS256'] }).then(
    () => true,
    () => false,
  );
}

const TENANT = /^[A-Za-z0-9-]{1,64}$/;

/**
 * The issuer that the id_token of an answer has to name, at a provider of many tenants: the template with the tenant that the
 * id_token claims. Nothing is believed here; the id_token is verified against it.
 */
export function tenantIssuerOf({ protocol }: Provider, answer: TokenAnswer | undefined): string | undefined {
  const { issuerTemplate } = protocol.type === 'oidc' ? protocol : {};
  if (issuerTemplate === undefined || answer === undefined) return undefined;
  const tenant = tenantOf(idTokenOf(answer));
  return tenant === undefined ? undefined : issuerTemplate.replace('{tenantid}', tenant);
}

/** As it came: nothing is verified. */
export const idTokenOf = (answer: TokenAnswer | undefined): unknown =>
  answer === undefined ? undefined : normalAnswer(answer.body)?.['id_token'];

function tenantOf(idToken: unknown): string | undefined {
  if (typeof idToken !== 'string') return undefined;
  try {
    const { tid } = decodeJwt(idToken);
    return typeof tid === 'string' && TENANT.test(tid) ? tid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an `iss` could be that of one of the tenants. */
export function isOfTemplate(issuer: string, template: string): boolean {
  const [before = '', after = ''] = template.split('{tenantid}');
  return (
    issuer.startsWith(before) &&
    issuer.endsWith(after) &&
    TENANT.test(issuer.slice(before.length, issuer.length - after.length))
  );
}
