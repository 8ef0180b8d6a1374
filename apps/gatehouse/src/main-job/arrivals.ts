import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { strategyOf, type OutgoingStrategy } from '@gatehouse/config/model/outgoing-auth';

/** What a demonstration backend says about the credential that reached it (its tool `whoami`). */
export interface Arrival {
  readonly credential: string;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly audience: string | undefined;
  /** Credential headers that had no business there. */
  readonly unexpected: readonly string[];
}

/** One line of the main job's table. */
export interface Row {
  readonly tool: string;
  readonly backend: string;
  readonly strategy: string;
  readonly arrived: Arrival | { readonly failure: string };
  readonly expected: Arrival;
  readonly isRight: boolean;
}

/** Subjects that are known before anything is called. */
export interface Identities {
  /** The person's subject at each provider, by provider name. */
  readonly atProviders: ReadonlyMap<string, string>;
  /** The `sub` of the caller's own Gatehouse token. */
  readonly atGatehouse: string;
}

const NOTHING: Arrival = {
  credential: 'none',
  issuer: undefined,
  subject: undefined,
  audience: undefined,
  unexpected: [],
};

/** The name of a backend's tool that says who calls. */
export const whoamiTool = (model: GatehouseModel, backend: string): string =>
  `${model.aggregation.conflictResolutionConfig.prefixFormat.replace('{workload}', backend)}whoami`;

/** The token that has to reach a backend, derived from its configured strategy alone. */
export function expectedArrival(model: GatehouseModel, backend: string, identities: Identities): Arrival {
  const strategy = strategyOf(model.outgoingAuth, backend);
  switch (strategy.type) {
    case 'unauthenticated':
      return NOTHING;
    case 'userHeader':
    case 'headerInjection':
      return { ...NOTHING, credential: 'api-key' };
    case 'upstreamInject':
      return injected(model, strategy.providerName, identities);
    case 'tokenExchange': {
      const { subjectProviderName, audience, tokenUrl } = strategy;
      const subject =
        subjectProviderName === undefined
          ? identities.atGatehouse
          : identities.atProviders.get(subjectProviderName);
      return { credential: 'jwt', issuer: new URL(tokenUrl).origin, subject, audience, unexpected: [] };
    }
    case 'obo':
      return {
        credential: 'jwt',
        issuer: new URL(strategy.tokenUrl).origin,
        subject: identities.atProviders.get(strategy.subjectTokenProviderName),
        audience: undefined,
        unexpected: [],
      };
    case 'googleServiceAccount':
    case 'awsSts':
      return NOTHING;
    case 'xaa': {
      const { subjectProviderName, targetAudience, target, targetResource } = strategy;
      return {
        credential: 'jwt',
        issuer: targetAudience,
        subject: identities.atProviders.get(subjectProviderName),
        audience: targetResource ?? new URL(target.tokenUrl).origin,
        unexpected: [],
      };
    }
    case 'clientCredentials': {
      const { audience, clientId, tokenUrl } = strategy;
      return {
        credential: 'jwt',
        issuer: new URL(tokenUrl).origin,
        subject: clientId,
        audience,
        unexpected: [],
      };
    }
  }
}

function injected(model: GatehouseModel, providerName: string, identities: Identities): Arrival {
  const provider = model.authServer?.upstreamProviders.find(({ name }) => name === providerName);
  const subject = identities.atProviders.get(providerName);
  const protocol = provider?.protocol;
  if (protocol?.type === 'oidc')
    return {
      credential: 'jwt',
      issuer: protocol.issuer,
      subject,
      audience: PROVIDER_AUDIENCE,
      unexpected: [],
    };
  const endpoint = protocol?.type === 'oauth2' ? protocol.tokenEndpoint : (protocol?.issuer ?? '');
  return { ...NOTHING, credential: 'opaque-token', issuer: URL.parse(endpoint)?.origin, subject };
}

/** The audience that the demonstration's identity provider puts into its own access tokens. */
const PROVIDER_AUDIENCE = 'urn:acme:api';

/** How a strategy reads in the table. */
export function describeStrategy(strategy: OutgoingStrategy<unknown>): string {
  switch (strategy.type) {
    case 'unauthenticated':
      return 'none';
    case 'headerInjection':
      return `headerInjection ${strategy.headerName}`;
    case 'userHeader':
      return `headerInjection ${strategy.header.headerName} (per user)`;
    case 'upstreamInject':
      return `upstreamInject ${strategy.providerName}`;
    case 'tokenExchange':
      return `tokenExchange ${strategy.subjectProviderName ?? '(own token)'}`;
    case 'obo':
      return `obo ${strategy.subjectTokenProviderName}`;
    case 'awsSts':
      return `awsSts ${strategy.subjectProviderName}`;
    case 'xaa':
      return `xaa ${strategy.subjectProviderName}`;
    case 'googleServiceAccount':
    case 'clientCredentials':
      return strategy.type;
  }
}

/** Puts together what was expected and what arrived. */
export function toRow(
  model: GatehouseModel,
  backend: string,
  identities: Identities,
  arrived: Row['arrived'],
): Row {
  const expected = expectedArrival(model, backend, identities);
  return {
    tool: whoamiTool(model, backend),
    backend,
    strategy: describeStrategy(strategyOf(model.outgoingAuth, backend)),
    arrived,
    expected,
    isRight: !('failure' in arrived) && isSame(arrived, expected),
  };
}

const isSame = (left: Arrival, right: Arrival): boolean =>
  left.credential === right.credential &&
  left.issuer === right.issuer &&
  left.subject === right.subject &&
  left.audience === right.audience &&
  left.unexpected.length === right.unexpected.length;

/** Reads what `whoami` answered; `undefined` when it is not of that shape. */
export function readArrival(answer: unknown): Arrival | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { credential, issuer, subject, audience, unexpected } = answer as Partial<Record<string, unknown>>;
  if (typeof credential !== 'string') return undefined;
  return {
    credential,
    issuer: textOf(issuer),
    subject: textOf(subject),
    audience: textOf(Array.isArray(audience) ? audience.join(' ') : audience),
    unexpected: Array.isArray(unexpected) ? unexpected.map(String) : [],
  };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
