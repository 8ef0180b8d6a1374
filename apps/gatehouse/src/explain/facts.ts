import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { ROLE_CLAIM } from '@gatehouse/config/model/aws-sts';
import { strategyOf } from '@gatehouse/config/model/outgoing-auth';
import { scopesOfTool } from '@gatehouse/config/model/tool-scopes';
import { isShown } from '../shown-tools.js';
import type { Target } from './target.js';

/** One line of an explanation: never a token, and never a secret. */
export interface Fact {
  readonly about: string;
  readonly is: string;
}

/** What the configuration says about calls of a tool, or of a whole backend. */
export function factsOf(model: GatehouseModel, { backend: name, tool }: Target): readonly Fact[] {
  const backend = model.backends.find((one) => one.name === name);
  if (backend === undefined)
    return [{ about: 'backend', is: `${name}, which this configuration does not have` }];
  const strategy = strategyOf(model.outgoingAuth, name);
  const isWritten = model.outgoingAuth.backends.has(name);
  const scopes = [
    ...backend.requiredScopes,
    ...backend.toolScopes.flatMap(({ tools, scopes: more }) =>
      tool !== undefined && tools.some((pattern) => matchesWildcard(pattern, tool)) ? more : [],
    ),
  ];
  return [
    {
      about: 'backend',
      is: `${name} at ${backend.stdio === undefined ? new URL(backend.url).origin : 'the bridge'}`,
    },
    ...(tool === undefined
      ? []
      : [{ about: 'tool', is: `${tool}, as the backend calls it${hidden(model, name, tool)}` }]),
    { about: 'strategy', is: `${strategy.type}${isWritten ? '' : ' (the default)'}` },
    ...providerFacts(model, strategy),
    { about: 'credential', is: credentialOf(strategy) },
    ...scopeFacts(strategy, tool),
    ...actorFacts(strategy),
    ...roleFacts(strategy),
    ...(scopes.length === 0
      ? []
      : [{ about: 'scopes', is: `the caller needs ${[...new Set(scopes)].join(', ')}` }]),
    {
      about: 'policy',
      is:
        model.callPolicies === undefined
          ? 'none: every signed-in person may call it'
          : 'policies decide for each caller',
    },
    { about: 'time limit', is: `${backend.timeoutMs / 1_000} s` },
  ];
}

const hidden = ({ aggregation }: GatehouseModel, backend: string, tool: string): string =>
  isShown(aggregation, backend, tool) ? '' : '; aggregation hides it';

type Strategy = ReturnType<typeof strategyOf<unknown>>;

function providerNameOf(strategy: Strategy): string | undefined {
  if ('providerName' in strategy) return strategy.providerName;
  if ('subjectTokenProviderName' in strategy) return strategy.subjectTokenProviderName;
  return 'subjectProviderName' in strategy ? strategy.subjectProviderName : undefined;
}

function providerFacts({ authServer }: GatehouseModel, strategy: Strategy): readonly Fact[] {
  const name = providerNameOf(strategy);
  const provider = authServer?.upstreamProviders.find((one) => one.name === name);
  return provider === undefined
    ? []
    : [{ about: 'provider', is: `${provider.name} (${provider.protocol.type}, ${provider.requirement})` }];
}

/** What the endpoint is asked for: what every call has, and what calls of some tools have besides (ADR 58). */
function scopeFacts(strategy: Strategy, tool: string | undefined): readonly Fact[] {
  if (!('toolScopes' in strategy)) return [];
  const { scopes, toolScopes } = strategy;
  const all = scopes.length === 0 ? 'none of its own' : scopes.join(' ');
  if (tool === undefined)
    return [
      {
        about: 'token scopes',
        is: [
          all,
          ...toolScopes.map(({ tools, scopes: more }) => `for ${tools.join(', ')} also ${more.join(' ')}`),
        ].join('; '),
      },
    ];
  const more = scopesOfTool(toolScopes, tool).filter((scope) => !scopes.includes(scope));
  return [
    {
      about: 'token scopes',
      is: more.length === 0 ? `${all}, as every call` : `${all}; for this tool also ${more.join(' ')}`,
    },
  ];
}

/** Who acts for the person (RFC 8693 section 1.1). */
function actorFacts(strategy: Strategy): readonly Fact[] {
  if (strategy.type !== 'tokenExchange') return [];
  const { actor } = strategy;
  if (actor === undefined) return [];
  const is =
    actor.from === 'provider'
      ? `the person’s ${actor.token} of ${actor.providerName} is shown beside it`
      : `the gateway itself, with a token of its own from ${new URL(strategy.tokenUrl).origin}${
          actor.audience === undefined ? '' : ` for ${actor.audience}`
        }`;
  return [{ about: 'actor', is }];
}

/** Which role of AWS a person has, is said by their claims: in this order. */
function roleFacts(strategy: Strategy): readonly Fact[] {
  if (strategy.type !== 'awsSts') return [];
  const { roleMappings, roleClaim = ROLE_CLAIM, fallbackRoleArn, region, service } = strategy;
  const inOrder = [...roleMappings].sort(
    (one, other) => (one.priority ?? Number.MAX_SAFE_INTEGER) - (other.priority ?? Number.MAX_SAFE_INTEGER),
  );
  const mapped = inOrder.map(({ claim, matcher, roleArn }) =>
    matcher === undefined ? `${roleArn} for ${claim} in ${roleClaim}` : `${roleArn} where ${matcher}`,
  );
  const last =
    fallbackRoleArn === undefined ? 'nobody else has one' : `${fallbackRoleArn} for everybody else`;
  return [
    { about: 'role', is: [...mapped, last].join('; ') },
    { about: 'signature', is: `Signature Version 4, for ${service} in ${region}` },
  ];
}

function credentialOf(strategy: Strategy): string {
  switch (strategy.type) {
    case 'unauthenticated':
      return 'none';
    case 'headerInjection':
      return `one for everybody, in ${strategy.headerName}`;
    case 'userHeader':
      return `what the person entered as ${strategy.secret.label}, in ${strategy.header.headerName}`;
    case 'upstreamInject':
      return `the person’s own token of ${strategy.providerName}`;
    case 'clientCredentials':
      return 'a token of the gateway itself, for whoever calls';
    case 'googleServiceAccount':
      return `${strategy.audience === undefined ? 'an access token' : `an id_token for ${strategy.audience}`} of a Google service account, for whoever calls`;
    default:
      return issuedOf(strategy);
  }
}

type IssuedForPerson = Extract<Strategy, { readonly type: 'tokenExchange' | 'xaa' | 'obo' | 'awsSts' }>;

/** What an endpoint gives for a token of the person. */
function issuedOf(strategy: IssuedForPerson): string {
  switch (strategy.type) {
    case 'tokenExchange':
      return `a token from ${originOf(strategy.tokenUrl)}, exchanged for ${
        strategy.subjectProviderName === undefined
          ? `the caller’s token of ${strategy.subjectFromCaller === true ? 'the external issuer' : 'this gateway'}`
          : `the person’s token of ${strategy.subjectProviderName}`
      }`;
    case 'xaa':
      return `a token from ${originOf(strategy.target.tokenUrl)}, for an assertion of ${originOf(strategy.idp.tokenUrl)} about the person’s id_token of ${strategy.subjectProviderName}`;
    case 'obo':
      return `a token from ${originOf(strategy.tokenUrl)}, on behalf of the person, for their access token of ${strategy.subjectTokenProviderName}`;
    case 'awsSts':
      return `temporary credentials of AWS from ${originOf(strategy.stsUrl)}, for ${strategy.subjectFromCaller === true ? 'the caller’s token of the external issuer' : `the person’s ${strategy.subjectTokenType} of ${strategy.subjectProviderName}`}`;
  }
}

const originOf = (url: string): string => new URL(url).origin;
