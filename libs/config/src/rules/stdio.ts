import type { ConfiguredSecret } from '../model/configured-secret.js';
import { DURATION_BOUNDS } from '../model/bounds.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { strategyOf } from '../model/outgoing-auth.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { StdioProgram } from '../model/stdio.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { isLoopbackAddress } from '../urls/hosts.js';
import { providersOf, type Placed, type Rule } from './rule.js';
import { within } from './time-bounds.js';

type PlacedProgram = Placed<StdioProgram<ConfiguredSecret>> & {
  readonly backend: string;
  readonly transport: GatehouseModel['backends'][number]['transport'];
};

/** Programs have what they need to run, and nothing that nobody would give them. */
export const stdioPrograms: Rule = (model) => {
  const programs = model.backends.flatMap(({ name, stdio, transport }, index): readonly PlacedProgram[] =>
    stdio === undefined ? [] : [{ value: stdio, path: ['backends', index], backend: name, transport }],
  );
  return [
    ...(programs.length === 0 ? [] : secretFindings(model)),
    ...programs.flatMap((program) => [
      ...commandFindings(program),
      ...transportFindings(program),
      ...variableFindings(program),
      ...processFindings(program),
      ...tokenFindings(model, program),
    ]),
    ...oauthFindings(model, programs),
  ];
};

function secretFindings({ bridge, listen }: GatehouseModel): readonly Finding[] {
  if (bridge.secret !== undefined)
    return bridge.allowWithoutSecret
      ? [
          {
            path: ['bridge', 'allowWithoutSecret'],
            related: [['bridge', 'secret']],
            message: 'This has no effect beside a secret.',
          },
        ]
      : [];
  if (!bridge.allowWithoutSecret)
    return [
      {
        path: ['bridge', 'secret'],
        message: 'A backend has a command: the bridge that runs it has to know the proxy by a secret.',
        instead: '{ env: BRIDGE_SECRET }, or allowWithoutSecret: true on a machine that nobody else uses',
      },
    ];
  return isLoopbackAddress(listen.bridge.host)
    ? []
    : [
        {
          path: ['bridge', 'allowWithoutSecret'],
          related: [['listen', 'bridge', 'host']],
          message: 'Without a secret the bridge listens on a loopback address only.',
        },
      ];
}

const commandFindings = ({ value: { command }, path }: PlacedProgram): readonly Finding[] =>
  (command[0] ?? '') === ''
    ? [{ path: [...path, 'command'], message: 'The program is missing.', instead: '[program, argument, …]' }]
    : [];

const transportFindings = ({ transport, path }: PlacedProgram): readonly Finding[] =>
  transport === 'sse'
    ? [
        {
          path: [...path, 'transport'],
          related: [[...path, 'command']],
          message:
            'The bridge serves programs as Streamable HTTP: `transport: sse` is for a backend with a URL.',
        },
      ]
    : [];

/** What the bridge itself sets. */
const OWN_VARIABLE = 'GATEHOUSE_PROGRAM';

function variableFindings({ value: { env, secretEnv, tokenEnv }, path }: PlacedProgram): readonly Finding[] {
  const places: readonly (readonly [string, Path])[] = [
    ...[...env.keys()].map((name) => [name, [...path, 'env', name]] as const),
    ...[...secretEnv.keys()].map((name) => [name, [...path, 'secretEnv', name]] as const),
    ...(tokenEnv === undefined ? [] : [[tokenEnv, [...path, 'tokenEnv']] as const]),
  ];
  return places.flatMap(([name, place], index) => {
    if (name === OWN_VARIABLE)
      return [{ path: place, message: 'The bridge sets this variable, to know what a program started.' }];
    return places.slice(0, index).some(([other]) => other === name)
      ? [{ path: place, message: `${name} has a value already.` }]
      : [];
  });
}

function processFindings({ value: { processes }, path }: PlacedProgram): readonly Finding[] {
  const place = [...path, 'processes'];
  return [
    ...(processes.atOncePerPerson > processes.atOnce
      ? [
          {
            path: [...place, 'atOncePerPerson'],
            related: [[...place, 'atOnce']],
            message: 'One person cannot have more programs than there are. Lower this, or raise atOnce.',
          },
        ]
      : []),
    ...within([...place, 'idleTimeout'], processes.idleTimeoutMs, DURATION_BOUNDS.idleProgram),
    ...within([...place, 'startTimeout'], processes.startTimeoutMs, DURATION_BOUNDS.programStart),
  ];
}

/** A program has no headers. The token of a person reaches it as a variable, and everything that is the same for everybody, too. */
function tokenFindings(
  { outgoingAuth }: GatehouseModel,
  { value: { tokenEnv }, path, backend }: PlacedProgram,
): readonly Finding[] {
  const applied = strategyOf(outgoingAuth, backend);
  // Named as it is written.
  const type = applied.type === 'userHeader' ? 'headerInjection' : applied.type;
  const strategy: Path = outgoingAuth.backends.has(backend)
    ? ['outgoingAuth', 'backends', backend]
    : ['outgoingAuth', 'default'];
  const givesToken = type === 'upstreamInject' || (isIssuedToken(applied) && type !== 'awsSts');
  const related = [strategy, ['outgoingAuth', 'default']];
  if (tokenEnv !== undefined && 'header' in applied && applied.type !== 'userHeader')
    return [
      {
        path: [...path, 'tokenEnv'],
        related,
        message: `A program has no headers, so headerName and scheme of ${type} have no effect.`,
        instead: 'a strategy in outgoingAuth.backends without them',
      },
    ];
  if (givesToken === (tokenEnv !== undefined) && type !== 'headerInjection') return [];
  if (tokenEnv !== undefined)
    return [
      {
        path: [...path, 'tokenEnv'],
        related,
        message: `The strategy of this backend (${type}) gives no token of a person.`,
        instead: 'upstreamInject or tokenExchange in outgoingAuth.backends',
      },
    ];
  return [
    {
      path: [...path, 'command'],
      related,
      message:
        type === 'headerInjection'
          ? 'A program has no headers, so headerInjection has no effect.'
          : `The token that ${type} gives does not reach the program: tokenEnv names no variable.`,
      instead: type === 'headerInjection' ? 'secretEnv: { NAME: { env: NAME } }' : 'tokenEnv: NAME beside it',
    },
  ];
}

/** OAuth of a backend is found by HTTP (RFC 9728). */
const oauthFindings = (model: GatehouseModel, programs: readonly PlacedProgram[]): readonly Finding[] =>
  providersOf(model).flatMap(({ value: { protocol }, block }) =>
    protocol.type === 'mcp' && programs.some(({ backend }) => backend === protocol.backend)
      ? [
          {
            path: [...block, 'backend'],
            related: [['backends']],
            message: 'A backend with a command has no OAuth of its own.',
          },
        ]
      : [],
  );
