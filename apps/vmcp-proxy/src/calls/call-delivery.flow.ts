import type { BackendResponse } from '../backends/backend-response.client.js';
import type { Peer } from '../backends/peer.js';
import type { Peers } from '../backends/peers.client.js';
import type { SentUris } from '../catalog/sent-uris.js';
import type { ChangeWatch } from '../changes/change-watch.flow.js';
import type { BytesInFlight } from './bytes-in-flight.js';
import type { RequestId } from '../mcp/message.js';
import { personKey } from '../incoming-auth/principal.js';
import { AnswerBytes } from './answer-bytes.js';
import type { BackendQuestions } from './backend-questions.js';
import { canBeAsked, type Call } from './call.js';
import type { CallTime } from './call-time.js';
import { deliver } from './deliver.flow.js';
import type { DroppedMessages } from './dropped-messages.js';
import type { InputRequired } from './input-required.js';
import type { RoundFacts } from './input-round.flow.js';
import { InputRounds } from './input-rounds.flow.js';
import { MessageGate, type GateFacts } from './message-gate.js';
import type { ParkedCall } from './parked-call.flow.js';
import type { Resumption } from './resumption.flow.js';
import { RequestsInCall } from './requests-in-call.js';
import { statusOfError } from './translate-answer.js';
import { urisIn } from './uris-in-result.js';

/** One request as a backend got it. */
export interface SentRequest {
  readonly backend: string;
  readonly peer: Peer;
  /** The id that it was given. */
  readonly id: RequestId;
  /** What the client named its progress by; absent: it wants none. */
  readonly progressToken: RequestId;
  /** For the whole of the answer. */
  readonly time: CallTime;
  readonly resumption: Resumption;
  /** Where the client comes back for the call. */
  readonly parked: ParkedCall | undefined;
}

/** Who hears of what is no part of an answer. */
export interface DeliveryReports {
  readonly dropped: Pick<DroppedMessages, 'note'>;
  readonly changes: Pick<ChangeWatch, 'backendChanged'>;
  readonly sent: Pick<SentUris, 'note'>;
}

/** Hands answers of backends to clients. */
export class CallDelivery {
  constructor(
    private readonly peers: Pick<Peers, 'answerQuestion' | 'keeps'>,
    private readonly questions: BackendQuestions,
    private readonly told: DeliveryReports,
    /** What is kept of answers. */
    private readonly answerBytes: BytesInFlight,
    /** How long an event stream to a client may be silent. */
    private readonly keepAliveMs: number,
  ) {}

  /** @returns and @throws see {@link deliver} */
  async deliver(
    call: Call,
    response: BackendResponse,
    { backend, peer, id, progressToken, time, resumption, parked }: SentRequest,
  ): Promise<InputRequired | undefined> {
    const { client, message, target, principal, answer, record } = call;
    const translated = client.era !== peer.era;
    const live = canBeAsked(call);
    const requests = new RequestsInCall(
      {
        backend,
        principal,
        peer,
        session: client.era === 'legacy' && !translated && live ? client.session : undefined,
        parked,
        waits: (forClient) => time.waits(forClient),
      },
      this.questions,
      this.peers,
    );
    const facts: GateFacts = {
      client,
      target,
      id: message.id,
      sentId: id,
      progressToken,
      translated,
      live,
      record,
      progressed: () => time.progressed(),
      listsChanged: () => this.told.changes.backendChanged(principal, backend),
      resulted: (result) => this.told.sent.note(principal, backend, urisIn(result)),
    };
    const gate = new MessageGate(parked?.gateFacts(facts) ?? facts, requests);
    try {
      return await deliver(response, answer, {
        backend,
        gate,
        dropped: (reason) => this.told.dropped.note(backend, reason),
        bytes: new AnswerBytes(this.answerBytes, personKey(principal), (callback) =>
          answer.onClosed(callback),
        ),
        keepAliveMs: this.keepAliveMs,
        resume: async (position) => await resumption.next(position),
        statusOf: (code) => (translated ? statusOfError(client, { code }) : 200),
      });
    } finally {
      requests.close();
    }
  }

  /** For a call that its backend answers with questions. */
  rounds(facts: Pick<RoundFacts, 'backend' | 'time' | 'cancellation'>): InputRounds {
    return new InputRounds({ ...facts, keepAliveMs: this.keepAliveMs }, this.questions);
  }
}
