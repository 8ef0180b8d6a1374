import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { BackendResponse } from '../backends/backend-response.client.js';
import type { Peer } from '../backends/peer.js';
import type { Peers } from '../backends/peers.client.js';
import type { BytesInFlight } from './bytes-in-flight.js';
import type { RequestId } from '../mcp/message.js';
import { personKey } from '../incoming-auth/principal.js';
import { AnswerBytes } from './answer-bytes.js';
import type { BackendQuestions } from './backend-questions.js';
import type { Call } from './call.js';
import { deliver } from './deliver.flow.js';
import type { DroppedMessages } from './dropped-messages.js';
import { MessageGate } from './message-gate.js';
import { RequestsInCall } from './requests-in-call.js';
import { statusOfError } from './translate-answer.js';

/** One request as a backend got it. */
export interface SentRequest {
  readonly backend: string;
  readonly peer: Peer;
  /** The id that it was given. */
  readonly id: RequestId;
  /** What the client named its progress by; absent: it wants none. */
  readonly progressToken: RequestId;
  /** For the answer. */
  readonly timeoutMs: number;
}

/** How long a client may take to answer a backend's question in the middle of a call. */
const ANSWER_WITHIN_MS = 10 * MINUTE_MS;

/** Hands answers of backends to clients. */
export class CallDelivery {
  constructor(
    private readonly peers: Pick<Peers, 'answerQuestion'>,
    private readonly questions: BackendQuestions,
    private readonly dropped: DroppedMessages,
    /** What is kept of answers. */
    private readonly answerBytes: BytesInFlight,
  ) {}

  /** @throws {GatehouseError} see {@link deliver} */
  async deliver(
    call: Call,
    response: BackendResponse,
    { backend, peer, id, progressToken, timeoutMs }: SentRequest,
  ): Promise<void> {
    const { client, message, target, principal, answer } = call;
    const translated = client.era !== peer.era;
    const requests = new RequestsInCall(
      {
        backend,
        principal,
        peer,
        session: client.era === 'legacy' && !translated ? client.session : undefined,
        // People answer at their own pace; the backend's time limit is for the backend.
        waits: (forClient) => response.expireAfter(forClient ? ANSWER_WITHIN_MS : timeoutMs),
      },
      this.questions,
      this.peers,
    );
    const gate = new MessageGate(
      {
        client,
        target,
        id: message.id,
        sentId: id,
        progressToken,
        translated,
      },
      requests,
    );
    try {
      await deliver(response, answer, {
        backend,
        gate,
        dropped: (reason) => this.dropped.note(backend, reason),
        bytes: new AnswerBytes(this.answerBytes, personKey(principal), (callback) =>
          answer.onClosed(callback),
        ),
        statusOf: (code) => (translated ? statusOfError(client, { code }) : 200),
      });
    } finally {
      requests.close();
    }
  }
}
