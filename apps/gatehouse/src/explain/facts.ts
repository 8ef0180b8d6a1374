import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { strategyOf } from '@gatehouse/config/model/outgoing-auth';

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

function hidden({ aggregation }: GatehouseModel, backend: string, tool: string): string {
  const entry = aggregation.tools.find(({ workload }) => workload === backend);
  const isShown =
    !aggregation.excludeAllTools &&
    (entry === undefined
      ? aggregation.defaultToolVisibility === 'allow'
      : !entry.excludeAll && (entry.filter === undefined || entry.filter.includes(tool)));
  return isShown ? '' : '; aggregation hides it';
}

type Strategy = ReturnType<typeof strategyOf<unknown>>;

function providerNameOf(strategy: Strategy): string | undefined {
  if ('providerName' in strategy) return strategy.providerName;
  return 'subjectProviderName' in strategy ? strategy.subjectProviderName : undefined;
}

function providerFacts({ authServer }: GatehouseModel, strategy: Strategy): readonly Fact[] {
  const name = providerNameOf(strategy);
  const provider = authServer?.upstreamProviders.find((one) => one.name === name);
  return provider === undefined
    ? []
    : [{ about: 'provider', is: `${provider.name} (${provider.protocol.type}, ${provider.requirement})` }];
}

function credentialOf(strategy: Strategy): string {
  const provider = providerNameOf(strategy);
  if (strategy.type === 'unauthenticated') return 'none';
  if (strategy.type === 'headerInjection') return `one for everybody, in ${strategy.headerName}`;
  if (strategy.type === 'upstreamInject') return `the person’s own token of ${strategy.providerName}`;
  if (strategy.type === 'clientCredentials') return 'a token of the gateway itself, for whoever calls';
  if (strategy.type === 'tokenExchange')
    return `a token from ${new URL(strategy.tokenUrl).origin}, exchanged for ${
      provider === undefined ? 'the caller’s token of this gateway' : `the person’s token of ${provider}`
    }`;
  return `what ${strategy.type} makes${provider === undefined ? '' : ` of the person’s token of ${provider}`}`;
}
