import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { providersOf, strategiesOf, type Rule } from './rule.js';

interface Bounds {
  readonly minMs: number;
  readonly maxMs: number;
  readonly text: string;
}

const ACCESS_TOKEN: Bounds = { minMs: 5 * SECOND_MS, maxMs: 24 * HOUR_MS, text: '5s to 24h' };
const REFRESH_TOKEN: Bounds = { minMs: MINUTE_MS, maxMs: 365 * DAY_MS, text: '1m to 365d' };
const AUTH_CODE: Bounds = { minMs: 5 * SECOND_MS, maxMs: 10 * MINUTE_MS, text: '5s to 10m' };
const START: Bounds = { minMs: 0, maxMs: 10 * MINUTE_MS, text: '0s to 10m' };
const SHUTDOWN_DELAY: Bounds = { minMs: 0, maxMs: MINUTE_MS, text: '0s to 1m' };
const SHUTDOWN: Bounds = { minMs: SECOND_MS, maxMs: 10 * MINUTE_MS, text: '1s to 10m' };
const SESSION: Bounds = { minMs: 5 * MINUTE_MS, maxMs: 365 * DAY_MS, text: '5m to 365d' };
const CALL: Bounds = { minMs: 100, maxMs: 10 * MINUTE_MS, text: '100ms to 10m' };
const PROVIDER_REQUEST: Bounds = { minMs: 100, maxMs: 30 * SECOND_MS, text: '100ms to 30s' };

export const timeBounds: Rule = (model) => [
  ...lifespanFindings(model),
  ...within(['startTimeout'], model.startTimeoutMs, START),
  ...within(['shutdownDelay'], model.shutdownDelayMs, SHUTDOWN_DELAY),
  ...within(['shutdownTimeout'], model.shutdownTimeoutMs, SHUTDOWN),
  ...model.backends.flatMap(({ timeoutMs }, index) =>
    within(['backends', index, 'timeout'], timeoutMs, CALL),
  ),
  ...providersOf(model).flatMap(({ value, path }) =>
    within([...path, 'timeout'], value.timeoutMs, PROVIDER_REQUEST),
  ),
  ...strategiesOf(model).flatMap(({ value, path }) =>
    value.type === 'tokenExchange'
      ? within([...path, 'tokenExchange', 'timeout'], value.timeoutMs, PROVIDER_REQUEST)
      : [],
  ),
];

const lifespanFindings: Rule = ({ authServer }) => {
  if (authServer === undefined) return [];
  const { accessTokenLifespanMs, refreshTokenLifespanMs, authCodeLifespanMs, sessionLifespanMs } =
    authServer.tokenLifespans;
  const path: Path = ['authServer', 'tokenLifespans'];
  return [
    ...within([...path, 'accessTokenLifespan'], accessTokenLifespanMs, ACCESS_TOKEN),
    ...within([...path, 'refreshTokenLifespan'], refreshTokenLifespanMs, REFRESH_TOKEN),
    ...within([...path, 'authCodeLifespan'], authCodeLifespanMs, AUTH_CODE),
    ...(refreshTokenLifespanMs < accessTokenLifespanMs
      ? [
          {
            path: [...path, 'refreshTokenLifespan'],
            related: [[...path, 'accessTokenLifespan']],
            message: 'A refresh token must live at least as long as the access token that it renews.',
          },
        ]
      : []),
    ...within([...path, 'sessionLifespan'], sessionLifespanMs, SESSION),
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

const within = (path: Path, valueMs: number, { minMs, maxMs, text }: Bounds): readonly Finding[] =>
  valueMs >= minMs && valueMs <= maxMs ? [] : [{ path, message: `This must be within ${text}.` }];
