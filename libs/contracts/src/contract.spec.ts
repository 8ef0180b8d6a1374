import { describe, expect, test } from '@jest/globals';
import { SERVICES } from '@gatehouse/kernel/services';
import { z } from 'zod';
import { DEFAULT_TIMEOUT_MS, defineEvent, defineRequest } from './contract.js';
import { attemptId, configuredName, digest, instantMs, jwe, sessionId, upstreamIdentity } from './fields.js';
import { EVENTS, REQUESTS } from './table.js';

const SHARED = { version: 2, request: z.null(), reply: z.null(), errors: [] } as const;

test('a request has a subject of its answerer and its version; what it does not say is the careful choice', () => {
  const request = defineRequest({
    ...SHARED,
    name: 'leg-begin',
    answeredBy: 'token-vault',
    calledBy: ['authorization-server'],
  });
  expect(request).toMatchObject({
    kind: 'request',
    subject: 'token-vault.leg-begin.v2',
    timeoutMs: DEFAULT_TIMEOUT_MS,
    idempotent: false,
    proven: false,
  });
});

test('a request may say how long it takes, that it may be sent twice, and that its caller proves itself', () => {
  const said = { timeoutMs: 1, idempotent: true, proven: true };
  const request = defineRequest({ ...SHARED, ...said, name: 'a', answeredBy: 'token-vault', calledBy: [] });
  expect(request).toMatchObject(said);
});

test('an event is kept unless it says otherwise', () => {
  const event = {
    name: 'a',
    version: 1,
    publishedBy: 'token-vault',
    heardBy: [],
    payload: z.null(),
  } as const;
  expect(defineEvent(event)).toMatchObject({ subject: 'events.token-vault.a.v1', kept: true });
  expect(defineEvent({ ...event, kept: false }).kept).toBe(false);
});

describe('the table of contracts', () => {
  test('no two messages share a subject', () => {
    const subjects = [...REQUESTS, ...EVENTS].map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  test('no service asks itself, and every request has a caller', () => {
    for (const { answeredBy, calledBy } of REQUESTS) {
      expect(calledBy).not.toContain(answeredBy);
      expect(calledBy.length).toBeGreaterThan(0);
      for (const service of [answeredBy, ...calledBy]) expect(SERVICES).toContain(service);
    }
  });
});

describe('a field is refused', () => {
  test.each([
    ['a session that is no UUID (a wildcard of the bus)', sessionId, '*'],
    ['an attempt with a path in it', attemptId, '../../../../../../etc'],
    ['a name that is a subject of its own', configuredName, 'a.b'],
    ['a name in capitals', configuredName, 'Octo'],
    ['a digest of another length', digest, 'a'.repeat(42)],
    ['a point in time before the epoch', instantMs, -1],
    ['a token in clear where a sealed one belongs', jwe, 'eyJ.eyJ.sig'],
    ['an identity with NUL in its subject', upstreamIdentity, { subject: 'a\u0000b' }],
    ['an identity with an unpaired surrogate', upstreamIdentity, { subject: 'a', name: '\ud800' }],
    ['an identity without a subject', upstreamIdentity, { subject: '' }],
    ['an identity with more than it may have', upstreamIdentity, { subject: 'a', token: 'b' }],
    ['an identity that fills a row', upstreamIdentity, { subject: 'a'.repeat(513) }],
  ] as const)('%s', (_attack, field, value) => {
    expect((field as z.ZodType).safeParse(value).success).toBe(false);
  });
});
