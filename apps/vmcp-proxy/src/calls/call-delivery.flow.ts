import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { AnotherAccount } from '../backends/authorized-backend.flow.js';
import type { BackendResponse } from '../backends/backend-response.client.js';
import type { Cancellation } from '../backends/cancellation.js';
import type { Peer } from '../backends/peer.js';
import type { Peers } from '../backends/peers.client.js';
import type { StreamMember } from '../backends/session-stream.client.js';
import { STREAM_SESSION } from '../backends/sse-session.client.js';
import type { SentUris } from '../catalog/sent-uris.js';
import type { ChangeWatch } from '../changes/change-watch.flow.js';
import type { BytesInFlight } from './bytes-in-flight.js';
import type { RequestId } from '../mcp/message.js';
import { personKey } from '../incoming-auth/principal.js';
import { AnswerBytes } from './answer-bytes.js';
import { AsideAnswer } from './aside-answer.flow.js';
import type { BackendQuestions } from './backend-questions.js';
import { BesideCall } from './beside-call.js';
import { canBeAsked, readsEventStreams, type Call } from './call.js';
import type { CallTime } from './call-time.js';
import { deliver } from './deliver.flow.js';
import type { DroppedMessages } from './dropped-messages.js';
import type { InputRequired } from './input-required.js';
import type { RoundFacts } from './input-round.flow.js';
import { InputRounds } from './input-rounds.flow.js';
import { MessageGate, type GateFacts } from './message-gate.js';
import type { ParkedCall } from './parked-call.flow.js';
import type { Resumption } from './resumption.flow.js';
import { RequestsInCall } from './requests-in-call.flow.js';
import { statusOfError } from './translate-answer.js';
import type { TaskRelay } from './task-relay.js';
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
  readonly cancellation: Cancellation;
  readonly resumption: Resumption;
  /** Where the client comes back for the call. */
  readonly parked: ParkedCall | undefined;
  /** Where a task may come of it, or is asked about. */
  readonly tasks?: TaskRelay | undefined;
  /** What the backend was told to name progress by, where it is not what the client said. */
  readonly sentProgressToken: RequestId;
}

/** One request, from before it is sent until it is answered. */
export interface OpenDelivery {
  /** The call with the answer that has to be written to. */
  readonly call: Call;
  /** Hears what the backend says in the session; absent where there is none. */
  readonly beside: StreamMember | undefined;
  /** @returns and @throws see {@link deliver} */
  deliver(response: BackendResponse): Promise<InputRequired | undefined>;
  /** Nothing is said to the client any more. */
  close(): void;
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
    private readonly peers: Pick<Peers, 'answerQuestion' | 'keeps' | 'isLeft'>,
    private readonly questions: BackendQuestions,
    private readonly told: DeliveryReports,
    /** What is kept of answers. */
    private readonly answerBytes: BytesInFlight,
    /** How long an event stream to a client may be silent. */
    private readonly keepAliveMs: number,
  ) {}

  open(given: Call, sent: SentRequest): OpenDelivery {
    const { backend, peer } = sent;
    const { principal, client } = given;
    // Only in a session can anything be said beside the answer.
    const hasSession = peer.era === 'legacy' && peer.session !== undefined;
    const answer = hasSession ? new AsideAnswer(given.answer, this.keepAliveMs) : undefined;
    const call = answer === undefined ? given : { ...given, answer };
    const isShared = client.era === 'modern' && principal.tsid === undefined;
    const isOneStream = hasSession && peer.session.id.startsWith(STREAM_SESSION);
    const requests = this.#requestsIn(call, sent, isShared && isOneStream, isOneStream);
    const gate = this.#gateOf(call, sent, requests, isShared && isOneStream);
    return {
      call,
      beside:
        answer &&
        new BesideCall({
          gate,
          requests,
          answer,
          time: sent.time,
          canStream: readsEventStreams(call),
          isShared,
          dropped: (reason) => this.told.dropped.note(backend, reason),
        }),
      deliver: (response) => this.#deliver(call, response, sent, gate),
      close: () => {
        answer?.release();
        // Who cancelled the call needs not be told that its questions are over.
        const isCancelled = sent.cancellation.reason !== undefined;
        const told = answer?.isEventStream === true && !isCancelled ? answer : undefined;
        requests.close((text) => told?.say(text) === true, isCancelled);
      },
    };
  }

  #requestsIn(call: Call, sent: SentRequest, isShared: boolean, isOneStream: boolean): RequestsInCall {
    const { backend, peer, parked, time, tasks, cancellation } = sent;
    const { client, principal } = call;
    const isLive = client.era === 'legacy' && client.era === peer.era && canBeAsked(call);
    return new RequestsInCall(
      {
        backend,
        principal,
        peer,
        session: isLive ? client.session : undefined,
        parked,
        isShared,
        isOneStream,
        tasks,
        waits: (forClient) => time.waits(forClient),
        undelivered: (why) =>
          cancellation.cancel(why instanceof AnotherAccount ? leftAccount(backend) : notTaken(backend)),
      },
      this.questions,
      this.peers,
    );
  }

  #gateOf(call: Call, sent: SentRequest, requests: RequestsInCall, isShared: boolean): MessageGate {
    const { client, message, target, principal, record } = call;
    const { backend, peer, id, progressToken, sentProgressToken, time, parked, tasks } = sent;
    const facts: GateFacts = {
      client,
      target,
      id: message.id,
      sentId: id,
      progressToken,
      sentProgressToken,
      translated: client.era !== peer.era,
      live: canBeAsked(call),
      isShared,
      tasks,
      record,
      progressed: () => time.progressed(),
      listsChanged: () => this.told.changes.backendChanged(principal, backend),
      resulted: (result) => this.told.sent.note(principal, backend, urisIn(result)),
    };
    return new MessageGate(parked?.gateFacts(facts) ?? facts, requests);
  }

  #deliver(
    { client, principal, answer }: Call,
    response: BackendResponse,
    { backend, peer, resumption }: SentRequest,
    gate: MessageGate,
  ): Promise<InputRequired | undefined> {
    return deliver(response, answer, {
      backend,
      gate,
      dropped: (reason) => this.told.dropped.note(backend, reason),
      bytes: new AnswerBytes(this.answerBytes, personKey(principal), (callback) => answer.onClosed(callback)),
      keepAliveMs: this.keepAliveMs,
      resume: async (position) => await resumption.next(position),
      statusOf: (code) => (client.era === peer.era ? 200 : statusOfError(client, { code })),
    });
  }

  /** For a call that its backend answers with questions. */
  rounds(facts: Pick<RoundFacts, 'backend' | 'time' | 'cancellation'>): InputRounds {
    return new InputRounds({ ...facts, keepAliveMs: this.keepAliveMs }, this.questions);
  }
}

const leftAccount = (backend: string): GatehouseError =>
  new GatehouseError('backend_unavailable', 'another account was connected while the call ran', {
    details: { backend, ran: 'maybe' },
  });

const notTaken = (backend: string): GatehouseError =>
  new GatehouseError('backend_unavailable', 'the backend did not take the answer to what it asked', {
    details: { backend, ran: 'maybe' },
  });
