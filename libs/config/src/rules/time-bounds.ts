import type { Finding } from '../findings/problems.js';
import type { Backend } from '../model/backend.js';
import { DURATION_BOUNDS, type Bounds } from '../model/bounds.js';
import type { Path } from '../findings/path.js';
import { providersOf, strategiesOf, type Rule } from './rule.js';

export const timeBounds: Rule = (model) => [
  ...lifespanFindings(model),
  ...within(['startTimeout'], model.startTimeoutMs, DURATION_BOUNDS.start),
  ...within(['shutdownDelay'], model.shutdownDelayMs, DURATION_BOUNDS.shutdownDelay),
  ...within(['shutdownTimeout'], model.shutdownTimeoutMs, DURATION_BOUNDS.shutdown),
  ...within(['streamKeepAlive'], model.streamKeepAliveMs, DURATION_BOUNDS.streamKeepAlive),
  ...model.backends.flatMap((backend, index) => callFindings(backend, ['backends', index])),
  ...providersOf(model).flatMap(({ value, path }) =>
    within([...path, 'timeout'], value.timeoutMs, DURATION_BOUNDS.providerRequest),
  ),
  ...strategiesOf(model).flatMap(({ value, path }) =>
    value.type === 'tokenExchange'
      ? within([...path, 'tokenExchange', 'timeout'], value.timeoutMs, DURATION_BOUNDS.providerRequest)
      : [],
  ),
];

function callFindings(
  { timeoutMs, progressExtendsTimeout, maxTimeoutMs }: Backend<unknown>,
  backend: Path,
): readonly Finding[] {
  const findings = within([...backend, 'timeout'], timeoutMs, DURATION_BOUNDS.call);
  const isPlain = !progressExtendsTimeout && maxTimeoutMs === timeoutMs;
  if (findings.length > 0 || isPlain) return findings;
  const [path, related] = [[...backend, 'maxTimeout'], [[...backend, 'timeout']]];
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
    ...within([...path, 'accessTokenLifespan'], accessTokenLifespanMs, DURATION_BOUNDS.accessToken),
    ...within([...path, 'refreshTokenLifespan'], refreshTokenLifespanMs, DURATION_BOUNDS.refreshToken),
    ...within([...path, 'authCodeLifespan'], authCodeLifespanMs, DURATION_BOUNDS.authCode),
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

/** @returns a finding where the value is out of bounds. */
export const within = (path: Path, valueMs: number, { min, max, text }: Bounds): readonly Finding[] =>
  valueMs >= min && valueMs <= max ? [] : [{ path, message: `This must be within ${text}.` }];
