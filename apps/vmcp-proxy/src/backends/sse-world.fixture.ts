import { afterEach } from '@jest/globals';
import type { ProxyBackend } from '@gatehouse/config/parts';
import { Secret } from '@gatehouse/kernel/secret';
import { createHash } from 'node:crypto';
import { principalKey, type Principal } from '../incoming-auth/principal.js';
import type { JsonObject } from '../mcp/message.js';
import { Credentials } from '../outgoing-auth/credentials.flow.js';
import { AuthorizedBackend } from './authorized-backend.flow.js';
import { BackendClient } from './backend.client.js';
import type { BackendResponse } from './backend-response.client.js';
import { peerHeaders, type LegacyPeer } from './peer.js';
import { Peers } from './peers.client.js';
import { PLAIN_BACKEND } from './plain-backend.fixture.js';
import { readAnswer } from './rpc-answer.client.js';
import { startSseServer, type Posted, type SseServer } from './sse-server.fixture.js';

export interface SseWorld {
  readonly server: SseServer;
  readonly peers: Peers;
  readonly client: BackendClient;
  readonly authorized: AuthorizedBackend;
  /** The session of one of a person's clients. */
  session(person: Principal, owner?: string): Promise<LegacyPeer>;
  /** What one of its calls comes to: the text of its result. */
  call(person: Principal, peer: LegacyPeer, params: JsonObject): Promise<string>;
  /** The response to a request as it begins. */
  send(person: Principal, peer: LegacyPeer, message: JsonObject): Promise<BackendResponse>;
  /** From now on this is the person's token. */
  renew(): void;
  close(): Promise<void>;
}

export const NAME = 'old';
/** The other half of a token: which of its person's it is. */
let round = 1;

export const person = (subject: string): Principal => ({
  issuer: 'spec',
  subject,
  clientId: 'client',
  scopes: new Set(),
  key: principalKey('spec', subject, undefined),
});

export const tokenOf = ({ subject }: Principal): string => `token-${round}-of-${subject}`;

const tokensOfNow = (): Credentials =>
  new Credentials(
    new Map([
      [
        NAME,
        {
          kind: 'perUser',
          providers: ['octo'],
          stepsUp: false,
          ask: async (principal: Principal) => {
            const token = tokenOf(principal);
            const tokenDigest = createHash('sha256').update(token).digest('base64url');
            const credential = { name: 'authorization', value: new Secret(`Bearer ${token}`), tokenDigest };
            return await Promise.resolve({ credential, useUntilMs: Date.now() + 60_000 });
          },
        },
      ],
    ]),
  );

/** Starts worlds that end with the test that started them. */
export function sseWorlds(): (configured?: Partial<ProxyBackend>) => Promise<SseWorld> {
  const open: SseWorld[] = [];
  afterEach(async () => {
    for (const world of open.splice(0)) await world.close();
  });
  return async (configured) => {
    const world = await startSseWorld(configured);
    open.push(world);
    return world;
  };
}

/** A server of HTTP with SSE, and the way to it with each person's own token. */
async function startSseWorld(configured: Partial<ProxyBackend> = {}): Promise<SseWorld> {
  round = 1;
  const server = await startSseServer();
  const client = new BackendClient([
    { ...PLAIN_BACKEND, name: NAME, url: server.url, transport: 'sse', ...configured },
  ]);
  const authorized = new AuthorizedBackend(client, tokensOfNow());
  const neverModern = configured.transport === 'streamable-http' ? [] : [NAME];
  const peers = new Peers(authorized, undefined, undefined, new Set(neverModern));
  client.hear(peers);
  let ids = 0;
  const send: SseWorld['send'] = async (principal, peer, message) =>
    await authorized.send({
      backend: NAME,
      principal,
      headers: peerHeaders(peer, String(message['method']), undefined),
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      deadlineAtMs: Date.now() + 60_000,
    });
  return {
    server,
    peers,
    client,
    authorized,
    send,
    session: async (principal, owner = 'one') => {
      const deadlineAtMs = Date.now() + 60_000;
      const peer = await peers.of({ backend: NAME, principal, era: 'legacy', owner, deadlineAtMs });
      if (peer.era === 'modern') throw new Error('it is not modern');
      return peer;
    },
    call: async (principal, peer, params) => {
      ids += 1;
      const id = `call-${ids}`;
      const response = await send(principal, peer, { id, method: 'tools/call', params });
      const answer = await readAnswer(response, NAME, id);
      return answer.kind === 'result' ? JSON.stringify(answer.result.parsed(65_536)) : `error ${answer.code}`;
    },
    renew: () => {
      round += 1;
    },
    close: async () => {
      await client.close();
      await server.close();
    },
  };
}

export const ECHO = (text: string): JsonObject => ({ name: 'echo', arguments: { text } });

/** Holds what is posted with that method. */
export function held({ server }: SseWorld, method: string): readonly Posted[] {
  const kept: Posted[] = [];
  server.intercept = (one) => {
    if (one.body['method'] !== method) return false;
    kept.push(one);
    one.accept();
    return true;
  };
  return kept;
}
