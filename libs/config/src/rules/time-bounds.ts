import type { Finding } from '../findings/problems.js';
import type { Backend } from '../model/backend.js';
import { DURATION_BOUNDS, type Bounds } from '../model/bounds.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { Path } from '../findings/path.js';
import { providersOf, strategiesOf, type Rule } from './rule.js';

export const timeBounds: Rule = (model) => [
  ...lifespanFindings(model),
  ...within(['startTimeout'], model.startTimeoutMs, DURATION_BOUNDS.start),
  ...within(['shutdownDelay'], model.shutdownDelayMs, DURATION_BOUNDS.shutdownDelay),
  ...within(['shutdownTimeout'], model.shutdownTimeoutMs, DURATION_BOUNDS.shutdown),
  ...within(['streamKeepAlive'], model.streamKeepAliveMs, DURATION_BOUNDS.streamKeepAlive),
  ...within(['resumption', 'keepFor'], model.resumption.keepForMs, DURATION_BOUNDS.keepStream),
  ...within(
    ['operational', 'timeouts', 'default'],
    model.operational.timeouts.defaultMs,
    DURATION_BOUNDS.call,
  ),
  ...[...model.operational.timeouts.perWorkload].flatMap(([name, timeoutMs]) =>
    within(['operational', 'timeouts', 'perWorkload', name], timeoutMs, DURATION_BOUNDS.call),
  ),
  ...model.backends.flatMap((backend, index) => backendFindings(backend, ['backends', index], model)),
  ...providersOf(model).flatMap(({ value, path }) =>
    within([...path, 'timeout'], value.timeoutMs, DURATION_BOUNDS.providerRequest),
  ),
  ...strategiesOf(model).flatMap(({ value, path }) =>
    isIssuedToken(value)
      ? within([...path, value.type, 'timeout'], value.timeoutMs, DURATION_BOUNDS.providerRequest)
      : [],
  ),
];

function backendFindings(
  backend: Backend<unknown>,
  path: Path,
  { operational: { timeouts } }: Pick<GatehouseModel, 'operational'>,
): readonly Finding[] {
  const { name, timeoutMs, progressExtendsTimeout, toolTimeouts } = backend;
  const otherwiseMs = timeouts.perWorkload.get(name);
  const isOwn = timeoutMs !== (otherwiseMs ?? timeouts.defaultMs);
  return [
    // What stands elsewhere is judged there.
    ...(isOwn || isWithin(timeoutMs, DURATION_BOUNDS.call) ? callFindings(backend, path, backend) : []),
    ...(isOwn && otherwiseMs !== undefined
      ? [
          {
            path: ['operational', 'timeouts', 'perWorkload', name],
            related: [[...path, 'timeout']],
            message: 'The backend has another timeout of its own. Write one of the two.',
          },
        ]
      : []),
    ...toolTimeouts.flatMap((one, index) => [
      ...callFindings(one, [...path, 'toolTimeouts', index], { progressExtendsTimeout }),
      ...(one.tools.length === 0
        ? [{ path: [...path, 'toolTimeouts', index, 'tools'], message: 'This is the time limit of no tool.' }]
        : []),
    ]),
  ];
}

function callFindings(
  { timeoutMs, maxTimeoutMs }: Pick<Backend<unknown>, 'timeoutMs' | 'maxTimeoutMs'>,
  place: Path,
  { progressExtendsTimeout }: Pick<Backend<unknown>, 'progressExtendsTimeout'>,
): readonly Finding[] {
  const findings = within([...place, 'timeout'], timeoutMs, DURATION_BOUNDS.call);
  const isPlain = !progressExtendsTimeout && maxTimeoutMs === timeoutMs;
  if (findings.length > 0 || isPlain) return findings;
  const [path, related] = [[...place, 'maxTimeout'], [[...place, 'timeout']]];
  if (!progressExtendsTimeout)
    return [{ path, related, message: 'maxTimeout has no effect without progressExtendsTimeout: true.' }];
  return maxTimeoutMs > timeoutMs
    ? within(path, maxTimeoutMs, DURATION_BOUNDS.callWithProgress)
    : [{ path, related, message: 'Progress can extend nothing: this must be more than timeout.' }];
}

const lifespanFindings: Rule = ({ authServer }) => {
  if (authServer === undefined) return [];
  const { accessTokenLifespanMs, refreshTokenLifespanMs, authCodeLifespanMs, sessionLifespanMs } =
    authServer.tokenLifespans;
  const path: Path = ['authServer', 'tokenLifespans'];
  return [
    ...keyFindings(authServer),
    ...within([...path, 'accessTokenLifespan'], accessTokenLifespanMs, DURATION_BOUNDS.accessToken),
    ...within([...path, 'refreshTokenLifespan'], refreshTokenLifespanMs, DURATION_BOUNDS.refreshToken),
    ...within([...path, 'authCodeLifespan'], authCodeLifespanMs, DURATION_BOUNDS.authCode),
    ...(authServer.deviceFlow === undefined
      ? []
      : within(
          ['authServer', 'deviceFlow', 'codeLifespan'],
          authServer.deviceFlow.codeLifespanMs,
          DURATION_BOUNDS.deviceCode,
        )),
    ...(refreshTokenLifespanMs < accessTokenLifespanMs
      ? [
          {
            path: [...path, 'refreshTokenLifespan'],
            related: [[...path, 'accessTokenLifespan']],
            message: 'A refresh token must live at least as long as the access token that it renews.',
          },
        ]
      : []),
    ...within([...path, 'sessionLifespan'], sessionLifespanMs, DURATION_BOUNDS.session),
    ...(sessionLifespanMs < refreshTokenLifespanMs
      ? [
          {
            path: [...path, 'sessionLifespan'],
            related: [[...path, 'refreshTokenLifespan']],
            message:
              'A session must last at least as long as a refresh token. Raise this, or lower refreshTokenLifespan.',
          },
        ]
      : []),
  ];
};

const isWithin = (valueMs: number, { min, max }: Bounds): boolean => valueMs >= min && valueMs <= max;

/** @returns a finding where the value is out of bounds. */
export const within = (path: Path, valueMs: number, bounds: Bounds): readonly Finding[] =>
  isWithin(valueMs, bounds) ? [] : [{ path, message: `This must be within ${bounds.text}.` }];

/** Keys that somebody wrote are theirs to exchange. */
function keyFindings({
  signingKeys,
  signingKeyLifespanMs,
}: Pick<
  NonNullable<GatehouseModel['authServer']>,
  'signingKeys' | 'signingKeyLifespanMs'
>): readonly Finding[] {
  if (signingKeyLifespanMs === undefined) return [];
  const path: Path = ['authServer', 'signingKeyLifespan'];
  return signingKeys.length === 0
    ? within(path, signingKeyLifespanMs, DURATION_BOUNDS.signingKey)
    : [
        {
          path,
          related: [['authServer', 'signingKeys']],
          message:
            'Gatehouse exchanges the keys alone that it made itself. Leave this out, or leave out signingKeys.',
        },
      ];
}
