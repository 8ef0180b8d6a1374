import { readFileSync } from 'node:fs';
import { EVENTS, REQUESTS } from '@gatehouse/contracts/table';
import { inRepository } from '@gatehouse/testing/repository';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { addedMembers, samplesOf, type Schema } from '../support/previous-release/samples.js';

interface Contracts {
  readonly requests: Readonly<Record<string, { readonly request: Schema; readonly reply: Schema }>>;
  readonly events: Readonly<Record<string, Schema>>;
}

const read = (path: string): Contracts => JSON.parse(readFileSync(inRepository(path), 'utf8')) as Contracts;
const before = read('tests/previous-release/nats-contracts.json');
const now = read('docs/reference/nats-contracts.json');
const OLD_REQUESTS = Object.keys(before.requests);
const OLD_EVENTS = Object.keys(before.events);

/**
 * What a service of the release before refuses, because it does not know the member. Each is sent only where something asks for it that
 * the release before does not have: a configuration, a message, or a member of the question.
 */
const SENT_ONLY_IF: Readonly<Record<string, string>> = {
  'token-vault.connection.begin.v1 request.acrValues':
    'a client asks for a context; the release before took no such request',
  'token-vault.connection.complete.v1 request.asksHow': 'always; a vault that refuses it is asked without it',
  'token-vault.connection.complete.v1 reply.acr': 'the question has `asksHow`',
  'token-vault.connection.complete.v1 reply.amr': 'the question has `asksHow`',
  'token-vault.credential.exchange.v1 request.clientId':
    'a client comes for itself; the release before gave it no token',
  'token-vault.credential.exchange.v1 request.tool': 'the backend has tools with scopes of their own',
  'token-vault.credential.exchange.v1 request.challenge':
    'a backend has asked for more; update the vault first',
  'token-vault.credential.inject.v1 request.challenge':
    'a backend has asked for more; update the vault first',
};

const refused = (type: z.ZodType, samples: readonly unknown[]): readonly unknown[] =>
  samples.filter((sample) => !type.safeParse(sample).success);
const both = (schema: Schema): readonly unknown[] => [
  ...samplesOf(schema, 'required'),
  ...samplesOf(schema, 'all'),
];
const typeOf = (schema: Schema): z.ZodType =>
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);

test.each(OLD_REQUESTS)('%s: what the release before asks and answers is read', (subject) => {
  const contract = REQUESTS.find((one) => one.subject === subject);
  const old = before.requests[subject];
  if (contract === undefined || old === undefined)
    throw new Error(`${subject} is gone: the release before uses it`);
  // What comes of its schema is what it takes for a message.
  expect(refused(typeOf(old.request), both(old.request))).toEqual([]);
  expect(refused(typeOf(old.reply), both(old.reply))).toEqual([]);
  expect(refused(contract.request, both(old.request))).toEqual([]);
  expect(refused(contract.reply, both(old.reply))).toEqual([]);
});

test.each(OLD_EVENTS)('%s: an event of the release before is read', (subject) => {
  const contract = EVENTS.find((one) => one.subject === subject);
  const old = before.events[subject];
  if (contract === undefined || old === undefined)
    throw new Error(`${subject} is gone: the release before publishes it`);
  expect(refused(contract.payload, both(old))).toEqual([]);
});

test('an event of this release is read by the release before', () => {
  for (const [subject, old] of Object.entries(before.events)) {
    const schema = now.events[subject];
    if (schema === undefined) continue;
    expect([subject, refused(typeOf(old), both(schema))]).toEqual([subject, []]);
  }
});

test('a member that the release before would refuse is one of a list, with when it is sent', () => {
  const added = Object.entries(before.requests).flatMap(([subject, { request, reply }]) => {
    const schema = now.requests[subject];
    if (schema === undefined) return [];
    return [
      ...addedMembers(request, schema.request, 'request'),
      ...addedMembers(reply, schema.reply, 'reply'),
    ].map((member) => `${subject} ${member}`);
  });
  expect(added.sort()).toEqual(Object.keys(SENT_ONLY_IF).sort());
});

/** As above: what may be absent now, and had to be there. */
const LEFT_OUT_ONLY_IF: Readonly<Record<string, string>> = {
  'token-vault.credential.exchange.v1 request':
    '`tsid`: a client comes for itself, or with a token of another issuer; the release before has neither',
};

test('what has to be in a message of this release is enough for the release before', () => {
  const short = Object.entries(before.requests).flatMap(([subject, old]) => {
    const schemas = now.requests[subject];
    if (schemas === undefined) return [];
    return (['request', 'reply'] as const)
      .filter((half) => refused(typeOf(old[half]), samplesOf(schemas[half], 'required')).length > 0)
      .map((half) => `${subject} ${half}`);
  });
  expect(short).toEqual(Object.keys(LEFT_OUT_ONLY_IF));
});
