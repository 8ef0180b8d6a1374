import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { RawJson, type RawObject } from '../json/raw-json.js';
import type { JsonObject } from '../mcp/message.js';
import { declaredIn } from '../mcp/client-capabilities.js';
import { isDeclared } from './declared.js';
import { questionsResult, repeatedPart } from './parked-questions.js';

const read = (text: string): RawObject => {
  const object = RawJson.read(Buffer.from(text)).object();
  if (object === undefined) throw new Error('no object');
  return object;
};
const digestOf = (text: string): string => repeatedPart(read(text)).digest;

test('what a client repeats is the same in whatever order, and whatever is new in each request', () => {
  const names = ['name', 'arguments', 'x'];
  fc.assert(
    fc.property(fc.shuffledSubarray(names, { minLength: 3 }), fc.json(), (order, value) => {
      const written = (members: readonly string[]): string =>
        `{${members.map((name) => `"${name}":${value}`).join(',')}}`;
      const extra = order.map((name) => `"${name}":${value}`).join(',');
      expect(digestOf(written(order))).toBe(digestOf(written(names)));
      expect(digestOf(`{"inputResponses":{},${extra},"requestState":"s","_meta":{"a":1}}`)).toBe(
        digestOf(written(names)),
      );
    }),
  );
});

test('and any other parameters are told apart', () => {
  const texts = [
    '{}',
    '{"a":1}',
    '{"a":2}',
    '{"b":1}',
    '{"a":"1"}',
    '{"a":1,"b":1}',
    '{"a":[1,1]}',
    '{"a":{"b":1}}',
    '{"a":1.0}',
    '{"a":"","b":""}',
  ];
  expect(new Set(texts.map(digestOf)).size).toBe(texts.length);
});

const capability = fc.option(
  fc.oneof(
    fc.constant(true),
    fc.dictionary(fc.constantFrom('form', 'url', 'tools', 'context', 'listChanged'), fc.constant({})),
  ),
  { nil: undefined },
);
const clientCapabilities = fc.record({
  elicitation: capability,
  sampling: capability,
  roots: capability,
  tasks: capability,
});
const ASKED = [
  ...[undefined, 'form', 'url', 'other'].map((mode) => ({
    method: 'elicitation/create',
    mode,
    usesTools: false,
  })),
  ...[true, false].map((usesTools) => ({ method: 'sampling/createMessage', mode: undefined, usesTools })),
  { method: 'roots/list', mode: undefined, usesTools: false },
  { method: 'tasks/list', mode: undefined, usesTools: false },
];

test('a backend is promised what the client can be asked, no more and no less; equal promises have equal keys', () => {
  const byKey = new Map<string, JsonObject>();
  fc.assert(
    fc.property(clientCapabilities, (declared) => {
      const { capabilities, key } = declaredIn(declared);
      for (const asked of ASKED) expect(isDeclared(asked, capabilities)).toBe(isDeclared(asked, declared));
      expect(
        Object.keys(capabilities).every((name) => ['elicitation', 'sampling', 'roots'].includes(name)),
      ).toBe(true);
      expect(byKey.get(key) ?? capabilities).toEqual(capabilities);
      byKey.set(key, capabilities);
      expect(key === '').toBe(Object.keys(capabilities).length === 0);
    }),
    { numRuns: 500 },
  );
  expect(new Set([...byKey.values()].map((one) => JSON.stringify(one))).size).toBe(byKey.size);
});

test('questions are written as the backend wrote them', () => {
  const params = Buffer.from('{"n": 1.0,\n"message":"\\u00e4"}');
  const nothing = (): void => undefined;
  const question = { answer: nothing, takenBack: nothing, refuse: nothing, isBeside: false };
  const written = questionsResult(
    new Map([
      ['question_1', { ...question, method: 'elicitation/create', params }],
      ['question_2', { ...question, method: 'roots/list', params: undefined }],
    ]),
    's',
  )
    .map(String)
    .join('');
  expect(written).toContain(params.toString());
  expect(JSON.parse(written)).toEqual({
    resultType: 'input_required',
    inputRequests: {
      question_1: { method: 'elicitation/create', params: { n: 1, message: 'ä' } },
      question_2: { method: 'roots/list' },
    },
    requestState: 's',
  });
});
