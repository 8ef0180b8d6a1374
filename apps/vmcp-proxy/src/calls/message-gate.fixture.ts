import { MessageReader } from '../backends/message-reader.js';
import type { Peer } from '../backends/peer.js';
import type { JsonObject } from '../mcp/message.js';
import type { LegacyVersion } from '../mcp/protocol.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { BackendQuestions } from './backend-questions.js';
import type { Client } from './call.js';
import type { InputRequired } from './input-required.js';
import { MessageGate, type GateFacts, type Verdict } from './message-gate.js';
import { RequestsInCall } from './requests-in-call.flow.js';

export const modernClientWith = (capabilities: JsonObject = {}, logLevel?: string): Client => ({
  era: 'modern',
  envelope: { capabilities, ...(logLevel === undefined ? {} : { logLevel }) },
});

export const legacyClientWith = (
  capabilities: JsonObject = {},
  protocolVersion: LegacyVersion = '2025-11-25',
): Client => ({
  era: 'legacy',
  session: {
    id: 's',
    digest: 'd',
    issuer: 'i',
    subject: 's',
    protocolVersion,
    clientInfo: {},
    capabilities,
    writtenAtMs: 0,
  },
});

const SESSION_PEER: Peer = {
  era: 'legacy',
  version: '2025-11-25',
  session: { id: 'b', key: 'k' },
};

/** A gate for one call, and what the backend was answered. */
export function gateFor(
  { client, ...facts }: Partial<GateFacts> & { readonly client: Client },
  peer: Peer = SESSION_PEER,
) {
  const replies: JsonObject[] = [];
  const requests = new RequestsInCall(
    {
      backend: 'b',
      principal: ANONYMOUS,
      peer,
      session: client.era === 'legacy' && facts.translated !== true ? client.session : undefined,
      waits: () => undefined,
      undelivered: () => undefined,
    },
    new BackendQuestions('A'.repeat(43)),
    {
      keeps: () => true,
      isLeft: () => false,
      answerQuestion: (_backend, _principal, _peer, response) =>
        replies.push(JSON.parse(String(response)) as JsonObject),
    },
  );
  const gate = new MessageGate(
    {
      client,
      target: { kind: 'tool' },
      id: 1,
      sentId: 1,
      progressToken: undefined,
      translated: false,
      ...facts,
    },
    requests,
  );
  return { gate, replies, judge: (text: string) => verdictsOf(gate, text) };
}

export interface Judged {
  readonly kind: Verdict['kind'];
  readonly reason?: string;
  /** What goes out. */
  readonly text?: string;
  readonly message?: JsonObject;
  /** What the client is asked. */
  readonly asked?: InputRequired;
}

/** One text of a backend, whole. */
export function verdictsOf(gate: MessageGate, text: string | Buffer): readonly Judged[] {
  const reader = new MessageReader();
  reader.push(Buffer.from(text));
  return reader.end().map((message) => {
    const verdict = gate.judge(message);
    if (verdict.kind === 'dropped') return verdict;
    if (verdict.kind === 'answered' || verdict.kind === 'kept' || verdict.kind === 'input') return verdict;
    const written = verdict.text.map(String).join('');
    return { kind: verdict.kind, text: written, message: JSON.parse(written) as JsonObject };
  });
}

/** The one message of a text, judged for a call of its own. */
export function judged(
  text: string,
  facts: Partial<GateFacts> & { readonly client: Client },
  peer?: Peer,
): Judged {
  const [only] = gateFor(facts, peer).judge(text);
  if (only === undefined) throw new Error('no message');
  return only;
}
