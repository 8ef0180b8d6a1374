import { expect, test } from '@jest/globals';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { accountOf, tokenHeader, type CredentialHeader } from '../outgoing-auth/credential-header.js';
import type { Credentials } from '../outgoing-auth/credentials.flow.js';
import { AuthorizedBackend } from './authorized-backend.flow.js';
import type { BackendClient } from './backend.client.js';
import type { BackendSession } from './peer.js';

const credentialSince = (connectedAtMs: number): CredentialHeader =>
  tokenHeader('t', String(connectedAtMs), { id: 'one', version: 1, connectedAtMs });

/** A backend that refuses the first token, before a vault whose person connects anew at a moment. */
function backendAfter(first: CredentialHeader, second: CredentialHeader) {
  const sent: unknown[] = [];
  const client = {
    targetOf: () => ({}),
    send: async (_backend: string, { headers }: { headers: unknown }) => {
      sent.push(headers);
      const status = sent.length === 1 ? 401 : 200;
      return await Promise.resolve({ status, headers: {}, discard: async () => await Promise.resolve() });
    },
  };
  const credentials = {
    strategyOf: () => undefined,
    of: () => first,
    instead: async () => await Promise.resolve(second),
  };
  // The methods that are called.
  const backend = new AuthorizedBackend(
    client as unknown as BackendClient,
    credentials as unknown as Credentials,
  );
  const left: unknown[] = [];
  backend.hear((session) => left.push(session));
  const request = { backend: 'b', principal: ANONYMOUS, headers: {}, body: '', deadlineAtMs: Infinity };
  const inSession = (session: BackendSession) => backend.send({ ...request, session });
  return { sent, left, inSession };
}

const sessionOf = (account: string | undefined): BackendSession => ({ id: 'a', key: 'k', account });
const OF_ONE = sessionOf(accountOf(credentialSince(1).connection));

test('attack: a request for the session of one account is not sent with the credential of another one, the first or the second time', async () => {
  const changedBefore = backendAfter(credentialSince(2), credentialSince(2));
  await expect(changedBefore.inSession(OF_ONE)).rejects.toThrow('another account');
  expect(changedBefore).toMatchObject({ sent: [], left: [OF_ONE] });
  const changedMeanwhile = backendAfter(credentialSince(1), credentialSince(2));
  await expect(changedMeanwhile.inSession(OF_ONE)).rejects.toThrow('another account');
  expect(changedMeanwhile.sent).toHaveLength(1);
  const same = backendAfter(credentialSince(1), credentialSince(1));
  expect((await same.inSession(OF_ONE)).status).toBe(200);
  expect(same.left).toEqual([]);
});

test("attack: a session that was begun without anybody's credential, or sealed without an account, hears none", async () => {
  const backend = backendAfter(credentialSince(1), credentialSince(1));
  await expect(backend.inSession(sessionOf(undefined))).rejects.toThrow('another account');
  expect(backend.sent).toEqual([]);
});

/** A bridge that knows another program for so many requests, and what it was sent. */
function bridgeBehind(refusals: number, isBridge = true) {
  const sent: Readonly<Record<string, string>>[] = [];
  const client = {
    targetOf: () => ({}),
    send: async (_backend: string, { headers }: { headers: Readonly<Record<string, string>> }) => {
      sent.push(headers);
      const status = sent.length <= refusals ? 421 : 200;
      return await Promise.resolve({ status, headers: {}, discard: async () => await Promise.resolve() });
    },
  };
  const credentials = { strategyOf: () => undefined, of: () => undefined };
  const backend = new AuthorizedBackend(
    client as unknown as BackendClient,
    credentials as unknown as Credentials,
    () => (isBridge ? { 'gatehouse-program': 'first' } : {}),
  );
  const send = (deadlineAtMs: number, session?: BackendSession) =>
    backend.send({ backend: 'b', principal: ANONYMOUS, headers: {}, body: '', deadlineAtMs, session });
  return { backend, sent, send };
}

test('a bridge that knows another program yet is asked again, with what is configured then', async () => {
  const { backend, sent, send } = bridgeBehind(1);
  const answer = send(Infinity);
  backend.exchange(() => ({ 'gatehouse-program': 'second' }));
  expect((await answer).status).toBe(200);
  expect(sent.map((headers) => headers['gatehouse-program'])).toEqual(['first', 'second']);
});

test('in vain, or for a session that was begun with another program, it can be tried again: nothing ran', async () => {
  const refused = { code: 'configuration_differs', details: { backend: 'b', ran: 'no' } };
  const late = bridgeBehind(Infinity);
  await expect(late.send(Date.now())).rejects.toMatchObject(refused);
  const inSession = bridgeBehind(Infinity);
  await expect(inSession.send(Infinity, sessionOf(undefined))).rejects.toMatchObject(refused);
  expect([late.sent, inSession.sent].map(({ length }) => length)).toEqual([1, 1]);
});

test('a backend that is no bridge says nothing of our configuration with that status', async () => {
  expect((await bridgeBehind(1, false).send(Infinity)).status).toBe(421);
});
