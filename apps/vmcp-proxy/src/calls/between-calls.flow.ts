import type { BackendMessage } from '../backends/backend-message.js';
import type { Peers } from '../backends/peers.client.js';
import type { SessionListener, StreamPlace } from '../backends/session-stream.client.js';
import type { ChangeWatch } from '../changes/change-watch.flow.js';
import type { Pieces } from '../json/held-value.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { BackendQuestions } from './backend-questions.js';
import { MessageGate } from './message-gate.js';
import { RequestsInCall } from './requests-in-call.flow.js';

/** Clients with sessions that listen at this replica (`GET`), by the digests of their sessions. */
export interface ListeningClients {
  listens(session: string): boolean;
  /** It listens, and can be told something now. */
  reads(session: string): boolean;
  /** @returns false when that client cannot be told now. */
  tell(session: string, text: Pieces): boolean;
}

interface Asking {
  readonly requests: RequestsInCall;
  readonly gate: MessageGate;
}

/** What a backend asks and logs in the session of a client while no call of that client runs there: it hears it where it listens. */
export class BetweenCalls implements SessionListener {
  /** By the backend's sessions, each of which is of one client's session: the next one numbers its questions anew. */
  readonly #asking = new WeakMap<object, Asking>();

  constructor(
    private readonly clients: ListeningClients,
    private readonly questions: BackendQuestions,
    private readonly peers: Pick<Peers, 'answerQuestion' | 'keeps' | 'isLeft'>,
    private readonly changes: Pick<ChangeWatch, 'backendChanged'>,
  ) {}

  listens({ client, peer }: StreamPlace): boolean {
    return client !== undefined && this.peers.keeps(peer) && this.clients.listens(client.digest);
  }

  take(place: StreamPlace, message: BackendMessage): boolean {
    const { client, backend, principal } = place;
    if (client === undefined || !this.listens(place)) return false;
    if (message.kind === 'notification' && message.method.endsWith('/list_changed')) {
      this.changes.backendChanged(principal, backend);
      return true;
    }
    if (message.kind !== 'request' && message.kind !== 'notification') return false;
    // No question is open that nobody was asked.
    if (!this.clients.reads(client.digest)) return false;
    const { requests, gate } = this.#askingOf(place, client);
    if (message.kind === 'request' && !requests.mayAsk(message)) return false;
    // No call ends it: it has an end of its own.
    const verdict = gate.judge(message, true);
    // A request that was not passed on has its error already.
    if (verdict.kind !== 'other') return message.kind === 'request';
    return this.clients.tell(client.digest, verdict.text);
  }

  /** What was asked is forgotten when nothing of it is open. */
  #askingOf({ backend, principal, peer }: StreamPlace, client: McpSession): Asking {
    const session = peer.era === 'legacy' ? (peer.session ?? peer) : peer;
    const before = this.#asking.get(session);
    if (before?.requests.isWaiting === true) return before;
    const requests = new RequestsInCall(
      {
        backend,
        principal,
        peer,
        session: client,
        waits: () => undefined,
        undelivered: () => undefined,
      },
      this.questions,
      this.peers,
    );
    const gate = new MessageGate(
      {
        client: { era: 'legacy', session: client },
        target: { kind: 'tool' },
        id: undefined,
        sentId: undefined,
        progressToken: undefined,
        translated: false,
      },
      requests,
    );
    const asking = { requests, gate };
    this.#asking.set(session, asking);
    return asking;
  }
}
