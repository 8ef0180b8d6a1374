import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { isGone } from './gone-client.filter.js';
import { Log } from './log.js';
import { nestLogger } from './nest-logger.js';

let written: string[] = [];
beforeEach(() => {
  written = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text, ...rest) => {
    written.push(String(text));
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

const lines = (): readonly Readonly<Record<string, unknown>>[] =>
  written.filter((text) => text !== '').map((text) => JSON.parse(text) as Record<string, unknown>);

describe('a line of the log', () => {
  test('is one JSON document with what happened, when, and at whose', () => {
    new Log('token-vault', 2).info('started', { port: 4485 });
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        service: 'token-vault',
        worker: 2,
        port: 4485,
        event: 'started',
      },
    ]);
  });

  test.each([
    'authorization',
    'cookie',
    'password',
    'secret',
    'token',
    'accessToken',
    'refreshToken',
    'code',
  ])('attack: a field %s is never logged with its value', (name) => {
    new Log('token-vault').warn('refused', { [name]: 'a-secret-value' });
    expect(lines()).toMatchObject([{ level: 'warn', [name]: '[redacted]' }]);
    expect(written.join('')).not.toContain('a-secret-value');
  });

  test.each([
    ['internal', 'error'],
    ['provider_unavailable', 'warn'],
    ['request_invalid', 'info'],
    // Somebody may have been led into another’s sign-in.
    ['callback_wrong_browser', 'warn'],
  ] as const)('of a failure with the code %s is of the level %s', (code, level) => {
    new Log('token-vault').failure('failed', new GatehouseError(code));
    expect(lines()).toMatchObject([{ level, errorCode: code }]);
  });

  test('of a failure names provider, backend and number, the causes by name and code, and quotes none of them', () => {
    const root = Object.assign(new Error('at 10.0.0.1'), { code: 'ECONNREFUSED' });
    const error = new GatehouseError('provider_unavailable', 'x'.repeat(1_000), {
      details: { provider: 'octo', backend: 'repos', reference: 'abc' },
      evidence: { status: 502 },
      cause: new TypeError('with a secret', { cause: root }),
    });
    new Log('token-vault').failure('refresh-failed', error, { attempt: 3 });
    expect(lines()).toMatchObject([
      {
        provider: 'octo',
        backend: 'repos',
        reference: 'abc',
        status: 502,
        attempt: 3,
        cause: 'TypeError < Error ECONNREFUSED',
        reason: expect.stringMatching(/^x{399}…$/),
      },
    ]);
    expect(written.join('')).not.toMatch(/with a secret|10\.0\.0\.1/);
  });

  test('flush resolves when everything is written', async () => {
    await new Log('token-vault').flush();
    expect(written).toEqual(['']);
  });
});

describe('what Nest says', () => {
  test('is left out, but for warnings and errors, which have the form of the service', () => {
    const log = nestLogger(new Log('token-vault'));
    log.log('wired');
    log.debug?.('wired');
    log.verbose?.('wired');
    log.warn('careful', 'Router');
    log.error(new Error('broken'), 'a stack\n at x', 'Router');
    log.fatal?.({ odd: true }, 'a stack\n at x');
    expect(lines()).toMatchObject([
      { level: 'warn', event: 'framework-warning', text: 'careful', context: 'Router' },
      { level: 'error', event: 'framework-error', text: 'broken', context: 'Router' },
      { level: 'error', event: 'framework-error', text: 'not a text' },
    ]);
    expect(written.join('')).not.toContain('at x');
  });
});

test.each([
  [{ destroyed: false, remoteAddress: '127.0.0.1' }, false],
  [{ destroyed: true, remoteAddress: '127.0.0.1' }, true],
  [{ destroyed: false, remoteAddress: undefined }, true],
])('a client at %j is gone: %s', (socket, gone) => {
  expect(isGone({ socket } as Parameters<typeof isGone>[0])).toBe(gone);
});
