import type { ClientGrants, GrantedTokens } from './client-grants.js';

/** What a client gets at most, whatever it asks for and whatever its people approve. Absent: what every client may get. */
export interface ClientLimits {
  /** What its tokens may be for. */
  readonly resources?: readonly string[];
  readonly scopes?: readonly string[];
  readonly accessTokenLifespanMs?: number;
  readonly refreshTokenLifespanMs?: number;
}

interface Clients {
  readonly clientRegistration: {
    readonly clients: readonly (ClientGrants & {
      readonly clientId: string;
      readonly limits?: ClientLimits;
    })[];
  };
}

interface Lifespans {
  readonly accessTokenLifespanMs: number;
  readonly refreshTokenLifespanMs: number;
}

export const NO_LIMITS: ClientLimits = {};

/** Of a client of the configuration; `undefined`: it is none. */
export function writtenLimits(
  clientId: string | undefined,
  { clientRegistration }: Clients,
): ClientLimits | undefined {
  const client = clientRegistration.clients.find((one) => one.clientId === clientId);
  return client && (client.limits ?? NO_LIMITS);
}

export const within = (values: readonly string[], limit: readonly string[] | undefined): readonly string[] =>
  limit === undefined ? values : values.filter((value) => limit.includes(value));

type GrantKind = 'clientCredentials' | 'tokenExchange' | 'identityAssertions';

/** What a client gets without a browser, within its limits; `undefined`: nothing of that kind. */
export function grantOf<Kind extends GrantKind>(
  kind: Kind,
  clientId: string | null | undefined,
  { clientRegistration }: Clients,
): NonNullable<ClientGrants[Kind]> | undefined {
  const client = clientRegistration.clients.find((one) => one.clientId === clientId);
  const grant = client?.[kind];
  return grant && limited(grant, client.limits ?? NO_LIMITS);
}

const limited = <Grant extends GrantedTokens & { readonly lifespanMs?: number }>(
  grant: Grant,
  { resources, scopes, accessTokenLifespanMs = Infinity }: ClientLimits,
): Grant => ({
  ...grant,
  resources: within(grant.resources, resources),
  scopes: within(grant.scopes, scopes),
  ...(grant.lifespanMs === undefined
    ? {}
    : { lifespanMs: Math.min(grant.lifespanMs, accessTokenLifespanMs) }),
});

/** How long the tokens of a client with these limits live. */
export const limitedLifespans = (
  limits: ClientLimits,
  { accessTokenLifespanMs, refreshTokenLifespanMs }: Lifespans,
): Lifespans => ({
  accessTokenLifespanMs: Math.min(accessTokenLifespanMs, limits.accessTokenLifespanMs ?? Infinity),
  refreshTokenLifespanMs: Math.min(refreshTokenLifespanMs, limits.refreshTokenLifespanMs ?? Infinity),
});
