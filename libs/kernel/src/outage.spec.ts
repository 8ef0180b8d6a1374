import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatehouseError } from './gatehouse-error.js';
import { isOutage } from './outage.js';

const withCode = (code: string, more: object = {}) => Object.assign(new Error('said'), { code, ...more });
const codeOf = (error: unknown) => GatehouseError.from(error).code;

describe('what is away, full or too slow is unavailable, never internal', () => {
  test.each([
    ...['08000', '08001', '08003', '08004', '08006', '08007', '08P01'],
    ...['53000', '53100', '53200', '53300', '53400'],
    ...['57P01', '57P02', '57P03', '57P04', '57P05', '57014', '58000', '58030'],
    ...['28000', '28P01', '3D000', '40001', '40P01', '55P03', '25006', '25P03'],
  ])('SQLSTATE %s', (code) => {
    expect(codeOf(withCode(code, { severity: 'FATAL' }))).toBe('unavailable');
  });

  test.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'EHOSTDOWN'],
    ...['ENETUNREACH', 'ENETDOWN', 'ENETRESET', 'ENOTCONN', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'],
    ...['EMFILE', 'ENFILE'],
  ])('system error %s', (code) => {
    expect(codeOf(withCode(code, { errno: -1, syscall: 'connect' }))).toBe('unavailable');
  });

  test.each(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037'])('Prisma %s', (code) => {
    expect(codeOf(withCode(code, { name: 'PrismaClientKnownRequestError' }))).toBe('unavailable');
    expect(
      codeOf(Object.assign(new Error(), { name: 'PrismaClientInitializationError', errorCode: code })),
    ).toBe('unavailable');
  });

  test.each(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])(
    'the driver adapter of Prisma: %s',
    (kind) => {
      expect(codeOf(Object.assign(new Error(kind), { name: 'DriverAdapterError', cause: { kind } }))).toBe(
        'unavailable',
      );
    },
  );

  test.each([
    'Query read timeout',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Connection terminated',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'Cannot use a pool after calling end on the pool',
  ])('the Postgres driver: %s', (message) => {
    expect(codeOf(new Error(message))).toBe('unavailable');
  });

  test.each(['TimeoutError', 'NoResponders', 'ConnectionError', 'ClosedConnectionError', 'RequestError'])(
    'the bus: %s',
    (name) => {
      expect(codeOf(Object.assign(new Error('said'), { name }))).toBe('unavailable');
    },
  );

  test('every address of a name refuses', () => {
    const all = new AggregateError([withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]);
    expect(codeOf(all)).toBe('unavailable');
  });

  test('however deep in what was wrapped around it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.constantFrom('57P01', 'ECONNREFUSED', 'P1001'),
        (depth, code) => {
          let error: Error = withCode(code);
          for (let layer = 0; layer < depth; layer += 1) error = new Error('wrapped', { cause: error });
          expect(codeOf(error)).toBe('unavailable');
        },
      ),
    );
  });
});

describe('what is our mistake or that of the request does not hide behind an outage', () => {
  test.each([
    '23505',
    '22P02',
    '42P01',
    '42601',
    '42501',
    'XX000',
    'P2002',
    'P2025',
    'ERR_INVALID_ARG_TYPE',
    'ENOENT',
  ])('%s', (code) => {
    expect(codeOf(withCode(code))).toBe('internal');
  });

  test('no other text, code or shape is one', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        fc.pre(!isOutage(value));
        expect(['internal']).toContain(codeOf(value));
      }),
    );
    for (const value of [undefined, null, 'ECONNREFUSED', 53300, new TypeError('x is undefined')])
      expect(codeOf(value)).toBe('internal');
  });

  test('a cause that names itself does not hang', () => {
    const error = new Error('round');
    error.cause = error;
    expect(isOutage(error)).toBe(false);
  });

  test('an error that has a code of ours keeps it', () => {
    expect(codeOf(new GatehouseError('reauth_required', 'said', { cause: withCode('ECONNRESET') }))).toBe(
      'reauth_required',
    );
  });
});
