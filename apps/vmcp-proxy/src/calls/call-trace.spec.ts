import { expect, test } from '@jest/globals';
import type { ActiveSpan } from '@gatehouse/kernel/active-span';
import fc from 'fast-check';
import { joinJson, RawJson, RawObject } from '../json/raw-json.js';
import { clientTrace, soundTrace, withTrace } from './call-trace.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN: ActiveSpan = {
  traceId: TRACE,
  traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  tracestate: 'vendor=1',
  child: () => SPAN,
  set: () => undefined,
  rename: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

const OWN = new Set(['traceparent', 'tracestate', 'baggage']);
const read = (text: string): RawObject => RawJson.read(Buffer.from(text)).object() ?? RawObject.EMPTY;

/** Texts that no serializer would write in the same way again. */
const odd = fc.constantFrom(
  '1.0',
  '1e2',
  '"\\u0061"',
  '[ 1,2 ]',
  '{"b":1, "a":2}',
  '12345678901234567890',
  'null',
);
const word = fc.string({ unit: fc.constantFrom('k', 'l', 'm'), minLength: 1, maxLength: 4 });
const members = fc.uniqueArray(fc.tuple(word, odd), { selector: ([name]) => name, maxLength: 5 });
const context = fc.oneof(
  fc.json({ maxDepth: 1 }),
  fc.constant('"\\ud800"'),
  fc.constant(`"${SPAN.traceparent}"`),
  fc.constant('"a=b"'),
);
const trace = fc.record(
  { traceparent: context, tracestate: context, baggage: context },
  { requiredKeys: [] },
);

test('attack: whatever a client writes as its trace, the rest of its message stays byte for byte, and baggage is gone', () => {
  fc.assert(
    fc.property(members, trace, fc.boolean(), (others, said, isRecorded) => {
      const meta = [...others, ...Object.entries(said)].map(([name, text]) => `"${name}":${text}`).join(',');
      const params = read(`{"name":"a","_meta":{${meta}},"arguments":{ "n":1.0 }}`);
      const sound = soundTrace(params);
      const sent = joinJson(isRecorded ? withTrace(sound, SPAN) : sound).toString();
      for (const [name, text] of others) expect(sent).toContain(`"${name}":${text}`);
      expect(sent).toContain('"arguments":{ "n":1.0 }');
      const written = (JSON.parse(sent) as { readonly _meta: Record<string, unknown> })._meta;
      expect(written['baggage']).toBeUndefined();
      if (isRecorded)
        expect(written).toMatchObject({ traceparent: SPAN.traceparent, tracestate: 'vendor=1' });
      for (const name of Object.keys(written))
        if (OWN.has(name)) expect(written[name]).toMatch(/^[\x20-\x7e]{1,512}$/);
      if (Object.keys(said).length === 0 && !isRecorded) expect(sound).toBe(params);
    }),
  );
});

test('attack: trace context of megabytes is not read', () => {
  const long = `"${'0'.repeat(100_000)}"`;
  const params = read(`{"_meta":{"traceparent":${long},"tracestate":${long}}}`);
  expect(clientTrace(params, { traceparent: 'x'.repeat(100_000) })).toEqual({
    parent: undefined,
    link: undefined,
  });
  expect(joinJson(soundTrace(params)).toString()).toBe('{"_meta":{}}');
});

test('attack: trace context and baggage in another case do not get past, nor stand beside ours', () => {
  const names = ['Traceparent', 'TRACESTATE', 'BaGGage', 'trace\u017ftate', 'traceParent'];
  for (const name of names) {
    const params = read(`{"_meta":{"${name}":"canary","mine":1}}`);
    const sound = soundTrace(params);
    expect(joinJson(sound).toString()).toBe('{"_meta":{"mine":1}}');
    const own = { mine: 1, traceparent: SPAN.traceparent, tracestate: 'vendor=1' };
    for (const given of [params, sound])
      expect(JSON.parse(joinJson(withTrace(given, SPAN)).toString())).toEqual({ _meta: own });
  }
});
