import type { Problem } from '@gatehouse/config/findings/problems';
import { labelOf, type ClusterObject, type Condition } from '../cluster/objects.js';
import type { GatewayResult } from '../gateway/gateway.js';

/** A condition before it is known when it began. */
export type Wanted = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** Those that this operator writes on a VirtualMCPServer. Others are of somebody else, and stay. */
export const GATEWAY_CONDITIONS: readonly string[] = [
  'Valid',
  'ConfigurationWritten',
  'AuthServerConfigValidated',
  'AuthConfigured',
  'OIDCConfigRefValidated',
  'AuthzConfigRefValidated',
  'BackendsDiscovered',
];

/** What a message may hold, so that an object with many mistakes stays readable. */
const MAX_PROBLEMS = 20;
const MAX_MESSAGE_LENGTH = 8_000;

/** Each with its path and what to write instead. No problem quotes a secret. */
export function messageOf(problems: readonly Problem[]): string {
  const lines = problems
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message, instead }) =>
      [
        path === '' ? '' : `${path}: `,
        message,
        instead === undefined ? '' : ` Write instead: ${instead}`,
      ].join(''),
    );
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n').slice(0, MAX_MESSAGE_LENGTH);
}

/** Whether it was written, and where. */
export type Writing =
  | { readonly is: 'written'; readonly configMap: string; readonly digest: string }
  | { readonly is: 'kept'; readonly configMap: string }
  | { readonly is: 'never' }
  /** Not even what lies there could be read. */
  | { readonly is: 'unknown'; readonly configMap: string };

export function gatewayConditions(
  gateway: ClusterObject,
  result: GatewayResult,
  writing: Writing,
): readonly Wanted[] {
  const { problems } = result;
  const below = (...places: readonly string[]): readonly Problem[] =>
    problems.filter(({ path }) => places.some((place) => isBelow(path, place)));
  const own = (path: string): string => `${labelOf(gateway)} ${path}`;
  const { authServerConfig, incomingAuth } = gateway.spec ?? {};
  const { oidcConfigRef, authzConfigRef } = (incomingAuth ?? {}) as Readonly<
    Record<string, { readonly name?: unknown } | undefined>
  >;
  return [
    judged('Valid', problems, 'ConfigurationValid', 'ConfigurationInvalid'),
    written(writing),
    ...(authServerConfig === undefined
      ? []
      : [
          judged(
            'AuthServerConfigValidated',
            below(own('spec.authServerConfig')),
            'AuthServerConfigValid',
            'AuthServerConfigInvalid',
          ),
        ]),
    judged('AuthConfigured', authProblems(gateway, problems), 'AuthValid', 'AuthInvalid'),
    ...reference(
      'OIDCConfigRefValidated',
      'MCPOIDCConfig',
      oidcConfigRef,
      below,
      own('spec.incomingAuth.oidcConfigRef'),
    ),
    ...reference(
      'AuthzConfigRefValidated',
      'MCPAuthzConfig',
      authzConfigRef,
      below,
      own('spec.incomingAuth.authzConfigRef'),
    ),
    result.backends > 0
      ? {
          type: 'BackendsDiscovered',
          status: 'True',
          reason: 'BackendsFound',
          message: `Backends: ${result.backends}.`,
        }
      : {
          type: 'BackendsDiscovered',
          status: 'False',
          reason: 'NoBackends',
          message: 'No object names the MCPGroup of this gateway as its groupRef.',
        },
  ];
}

/** Of an object that a gateway is made of. */
export const objectCondition = (object: ClusterObject, problems: readonly Problem[]): Wanted =>
  judged(
    'Valid',
    problems.filter(({ path }) => isBelow(path, labelOf(object))),
    'ConfigurationValid',
    'ConfigurationInvalid',
  );

/** Whether a place of an object is that one or lies below it: `Kind/name spec.a` for `Kind/name`. */
export const isBelow = (path: string, place: string): boolean =>
  path === place || (path.startsWith(place) && /^[ .[]/.test(path.slice(place.length)));

const authProblems = (gateway: ClusterObject, problems: readonly Problem[]): readonly Problem[] =>
  problems.filter(
    ({ path, message }) =>
      isBelow(path, `${labelOf(gateway)} spec.incomingAuth`) ||
      isBelow(path, `${labelOf(gateway)} spec.outgoingAuth`) ||
      isBelow(path, `${labelOf(gateway)} spec.authServerConfig`) ||
      path.startsWith('MCPExternalAuthConfig/') ||
      /\bSecrets? /.test(message),
  );

function reference(
  type: string,
  kind: string,
  written: { readonly name?: unknown } | undefined,
  below: (...places: readonly string[]) => readonly Problem[],
  place: string,
): readonly Wanted[] {
  if (written === undefined) return [];
  const there = below(place);
  const isMissing = there.some(({ message }) => message.startsWith(`There is no ${kind} `));
  const target = typeof written.name === 'string' ? below(`${kind}/${written.name}`) : [];
  return [judged(type, [...there, ...target], 'Valid', isMissing ? 'NotFound' : 'NotValid')];
}

function judged(type: string, problems: readonly Problem[], valid: string, invalid: string): Wanted {
  return problems.length === 0
    ? { type, status: 'True', reason: valid, message: 'Nothing is wrong.' }
    : { type, status: 'False', reason: invalid, message: messageOf(problems) };
}

function written(writing: Writing): Wanted {
  const type = 'ConfigurationWritten';
  switch (writing.is) {
    case 'written':
      return {
        type,
        status: 'True',
        reason: 'Written',
        message: `The ConfigMap ${writing.configMap} has it (SHA-256 ${writing.digest}).`,
      };
    case 'kept':
      return {
        type,
        status: 'False',
        reason: 'EarlierConfigurationKept',
        message: `The ConfigMap ${writing.configMap} has what was valid before.`,
      };
    case 'never':
      return {
        type,
        status: 'False',
        reason: 'NothingWritten',
        message: 'There was no valid configuration yet.',
      };
    case 'unknown':
      return {
        type,
        status: 'Unknown',
        reason: 'NotRead',
        message: `What the ConfigMap ${writing.configMap} has could not be read.`,
      };
  }
}
