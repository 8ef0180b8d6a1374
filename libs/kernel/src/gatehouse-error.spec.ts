import { describe, expect, test } from '@jest/globals';
import { activeSpan, traced, within, type ActiveSpan } from './active-span.js';
import { parseDurationMs } from './durations.js';
import { newReference, referenceOf } from './failure-reference.js';
import { GatehouseError } from './gatehouse-error.js';

describe('what was thrown', () => {
  test('stays what it is where it is known', () => {
    const known = new GatehouseError('not_allowed', 'internal', { details: { backend: 'repos' } });
    expect(GatehouseError.from(known)).toBe(known);
    expect(known).toMatchObject({ code: 'not_allowed', message: 'internal', evidence: {} });
  });

  test.each([
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'unavailable', 'connect'],
    [new TypeError('x is undefined'), 'internal', 'x is undefined'],
    ['a text', 'internal', 'a non-error was thrown'],
    [undefined, 'internal', 'a non-error was thrown'],
  ])('%s is %s', (thrown, code, message) => {
    const error = GatehouseError.from(thrown);
    expect(error).toMatchObject({ code, message });
    expect(error.cause).toBe(thrown);
    expect(error.publicText).not.toContain(message);
  });

  test('has the number that it was told with, or a new one', () => {
    const told = new GatehouseError('internal', '', { details: { reference: 'abc' } });
    expect(referenceOf(told)).toBe('abc');
    expect(referenceOf(new GatehouseError('internal'))).toMatch(/^[\w-]{12}$/);
    expect(newReference()).not.toBe(newReference());
  });
});

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['15m', 900_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['0s', 0],
  ['30', undefined],
  ['-1s', undefined],
  ['1.5h', undefined],
  ['1 h', undefined],
  ['9999999999s', undefined],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

describe('a step of a trace', () => {
  const said: string[] = [];
  const span = (name: string): ActiveSpan => ({
    traceId: 't',
    traceparent: 'p',
    tracestate: undefined,
    child: (childName) => span(childName),
    set: () => undefined,
    rename: () => undefined,
    fail: (kind) => said.push(`${name} failed: ${kind}`),
    end: () => said.push(`${name} ended`),
  });

  test('is none where no trace is recorded: the work is just done', async () => {
    expect(await traced({ name: 'a', kind: 'internal' }, async (step) => await Promise.resolve(step))).toBe(
      undefined,
    );
    expect(activeSpan()).toBeUndefined();
  });

  test('ends with its work, and says by a code how that failed', async () => {
    const parent = span('parent');
    await within(parent, async () => {
      await traced({ name: 'good', kind: 'client' }, async () => {
        expect(activeSpan()).not.toBe(parent);
        await Promise.resolve();
      });
      const failing = traced({ name: 'bad', kind: 'client' }, async () => {
        await Promise.resolve();
        throw new Error('with a secret');
      });
      await expect(failing).rejects.toThrow('with a secret');
      expect(activeSpan()).toBe(parent);
    });
    expect(said).toEqual(['good ended', 'bad failed: internal', 'bad ended']);
  });
});
