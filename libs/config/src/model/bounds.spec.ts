import { expect, test } from '@jest/globals';
import { problemsOf, type Changes } from '../configuration.fixture.js';
import { DURATION_BOUNDS, SIZE_BOUNDS, type Bounds } from './bounds.js';

const LIFESPANS = 'authServer.tokenLifespans';

const TABLE: readonly (readonly [path: string, bounds: Bounds, unit: 'ms' | 'B', beside?: Changes])[] = [
  [
    `${LIFESPANS}.accessTokenLifespan`,
    DURATION_BOUNDS.accessToken,
    'ms',
    { [`${LIFESPANS}.refreshTokenLifespan`]: '2d' },
  ],
  [
    `${LIFESPANS}.refreshTokenLifespan`,
    DURATION_BOUNDS.refreshToken,
    'ms',
    { [`${LIFESPANS}.accessTokenLifespan`]: '5s' },
  ],
  [`${LIFESPANS}.authCodeLifespan`, DURATION_BOUNDS.authCode, 'ms'],
  [
    `${LIFESPANS}.sessionLifespan`,
    DURATION_BOUNDS.session,
    'ms',
    { [`${LIFESPANS}.refreshTokenLifespan`]: '1m', [`${LIFESPANS}.accessTokenLifespan`]: '5s' },
  ],
  ['authServer.signingKeyLifespan', DURATION_BOUNDS.signingKey, 'ms', { 'authServer.signingKeys': [] }],
  ['authServer.deviceFlow.codeLifespan', DURATION_BOUNDS.deviceCode, 'ms'],
  ['startTimeout', DURATION_BOUNDS.start, 'ms'],
  ['shutdownDelay', DURATION_BOUNDS.shutdownDelay, 'ms'],
  ['shutdownTimeout', DURATION_BOUNDS.shutdown, 'ms'],
  ['backends.0.timeout', DURATION_BOUNDS.call, 'ms'],
  ['authServer.upstreamProviders.0.timeout', DURATION_BOUNDS.providerRequest, 'ms'],
  ['outgoingAuth.backends.tickets.tokenExchange.timeout', DURATION_BOUNDS.providerRequest, 'ms'],
  ['limits.requestSize', SIZE_BOUNDS.request, 'B', { 'limits.requestSizePerPerson': '64MiB' }],
  ['limits.requestSizePerPerson', SIZE_BOUNDS.requestPerPerson, 'B', { 'limits.requestSize': '16KiB' }],
  ['limits.answerSizePerPerson', SIZE_BOUNDS.answerPerPerson, 'B'],
  ['resumption.sizePerStream', SIZE_BOUNDS.keptStream, 'B'],
  ['resumption.keepFor', DURATION_BOUNDS.keepStream, 'ms'],
];

/** The largest unit that says the number, for there are at most nine digits. */
const written = (value: number, unit: 'ms' | 'B'): string => {
  const larger = unit === 'ms' ? (['s', 1_000] as const) : (['KiB', 1_024] as const);
  return value % larger[1] === 0 ? `${value / larger[1]}${larger[0]}` : `${value}${unit}`;
};

test.each(TABLE)(
  '%s may be its least and its most, and nothing beyond; the message says both',
  (path, { min, max, text }, unit, beside = {}) => {
    const said = (value: number) =>
      problemsOf({ ...beside, [path]: written(value, unit) }, 'none')
        .filter((problem) => problem.path === path.replace(/\.(\d+)/g, '[$1]'))
        .map(({ message }) => message);
    expect([said(min), said(max)]).toEqual([[], []]);
    const step = unit === 'ms' ? 1_000 : 1_024;
    expect(said(max + step)[0]).toBe(`This must be within ${text}.`);
    if (min > 0) expect(said(min - 1)[0]).toBe(`This must be within ${text}.`);
  },
);
