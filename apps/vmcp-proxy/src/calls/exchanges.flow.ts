import type { ProxyBackend } from '@gatehouse/config/parts';
import type { SpanAttributes } from '@gatehouse/kernel/active-span';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import type { BackendResponse } from '../backends/backend-response.client.js';
import { AnotherAccount, type AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { Cancellation } from '../backends/cancellation.js';
import { sessionIn, MODERN, type Peer } from '../backends/peer.js';
import { meansAnotherRevision } from '../backends/peer-mismatch.js';
import type { Recipient } from '../backends/peer-messages.client.js';
import type { PeerRequest, Peers } from '../backends/peers.client.js';
import type { StreamMember } from '../backends/session-stream.client.js';
import type { SessionStreams } from '../backends/session-streams.client.js';
import type { Route } from '../catalog/view.js';
import type { CredentialUse } from '../outgoing-auth/credential-header.js';
import type { PassedHeaders } from '../outgoing-auth/passed-headers.js';
import { declaredIn, promisable } from '../mcp/client-capabilities.js';
import { progressTokenOf, type RequestId } from '../mcp/message.js';
import { MODERN_VERSION } from '../mcp/protocol.js';
import type { RetryHandovers } from '../replays/retry-handovers.flow.js';
import { mayConcernTasks, type Call } from './call.js';
import type { CallDelivery, OpenDelivery } from './call-delivery.flow.js';
import { deliverNo, deliverRefusal, saysNo } from './deliver-refusal.js';
import { CallLimits } from './call-limits.js';
import { CallTime } from './call-time.js';
import { handedRequest } from './handed-request.js';
import { waitedFor } from './held-time.js';
import type { InputAnswers, InputRequired } from './input-required.js';
import { CANCELLED, STOPPING, type InFlight } from './in-flight.js';
import { outboundRequest, type Outbound } from './outbound.js';
import type { ParkedCall } from './parked-call.flow.js';
import type { ParkedCalls } from './parked-calls.flow.js';
import type { TaskRelay } from './task-relay.js';
import { refuseTask, type TaskCalls } from './task-calls.flow.js';
import { Resumption } from './resumption.flow.js';

/** Where calls can be found while they run. */
interface RunningCalls {
  readonly inFlight: InFlight;
  readonly parkedCalls: Pick<ParkedCalls, 'begin'>;
  readonly tasks: TaskCalls;
  /** Those that wait at other replicas. */
  readonly retries: Pick<RetryHandovers, 'handOn'>;
}

/** What speaks to backends. */
interface BackendSide {
  readonly peers: Peers;
  readonly backends: AuthorizedBackend;
  readonly sessionStreams: Pick<SessionStreams, 'join'>;
  readonly passed: Pick<PassedHeaders, 'beside'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** What all attempts of one call have in common. */
interface Attempt {
  readonly time: CallTime;
  readonly cancellation: Cancellation;
  /** Where the client comes back for the call. */
  readonly parked: ParkedCall | undefined;
  /** Notes what the last request was sent with. */
  readonly use: CredentialUse;
  /** That is called, or whose task is asked about; as the backend names it. */
  readonly tool: string | undefined;
}

type SentParts = Attempt & {
  readonly backend: string;
  readonly peer: Peer;
  readonly tasks: TaskRelay | undefined;
};

/** How one of the attempts is made. */
interface Sending {
  readonly isLast: boolean;
  /** To what the backend asked before. */
  readonly answers?: InputAnswers;
}

type Outcome = 'answered' | 'misunderstood' | InputRequired;

/** The exchange of a call with its backend: speaks the backend's revision, and hands on what the backend answers. */
export class Exchanges {
  #limits: CallLimits;

  constructor(
    backends: readonly ProxyBackend[],
    private readonly backendSide: BackendSide,
    private readonly delivery: CallDelivery,
    private readonly running: RunningCalls,
  ) {
    this.#limits = new CallLimits(backends);
  }

  /** How long calls may take from now on. */
  exchange(backends: readonly ProxyBackend[]): void {
    this.#limits = new CallLimits(backends);
  }

  /** Resolves when the client was answered. @throws {GatehouseError} when it was not, or not to the end. */
  run(call: Call, route: Route): Promise<void> {
    const { backend } = route;
    const parked = this.#peers.mayHaveSessions(backend)
      ? this.running.parkedCalls.begin(call, backend)
      : undefined;
    return parked === undefined
      ? this.#exchange(call, route, undefined)
      : parked.run(() => this.#exchange({ ...call, answer: parked.answer }, route, parked));
  }

  /** The call waits at another replica, which answers this request. @throws {GatehouseError} when it does not. */
  async handOn(call: Call, replica: string): Promise<void> {
    const cancellation = new Cancellation();
    const done = this.running.inFlight.add(call, cancellation);
    const handed = this.running.retries.handOn(replica, handedRequest(call), call.answer, cancellation);
    // How long it is held there is counted there.
    await waitedFor(call.record?.held, handed).finally(done);
  }

  async #exchange(call: Call, route: Route, parked: ParkedCall | undefined): Promise<void> {
    const cancellation = parked?.cancellation ?? new Cancellation();
    call.answer.onGone(() => cancellation.cancel(CANCELLED));
    const done = this.running.inFlight.add(call, cancellation);
    const tool = route.task?.tool ?? (call.target.kind === 'tool' ? route.original : undefined);
    const limits = this.#limits.of(route.backend, tool);
    const time = new CallTime(limits, Date.now, parked?.answerWithinMs);
    const use = call.record ?? { connection: undefined };
    const attempt = { time, cancellation, parked, use, tool };
    try {
      let outcome = await this.#attempt(call, route, attempt, { isLast: false });
      // Once more where the backend did not understand who is speaking, or in which revision: then it did not run.
      if (outcome === 'misunderstood') outcome = await this.#attempt(call, route, attempt, { isLast: true });
      if (typeof outcome === 'object') await this.#askAndSendAgain(call, route, attempt, outcome);
      if (parked !== undefined) await parked.handedOver();
    } finally {
      done();
    }
  }

  async #askAndSendAgain(call: Call, route: Route, attempt: Attempt, first: InputRequired): Promise<void> {
    const { time, cancellation } = attempt;
    // From here on a person is waited for.
    call.record?.held.passedOnBy(performance.now());
    const rounds = this.delivery.rounds({ backend: route.backend, time, cancellation });
    await rounds.run(call, first, async (live, answers) => {
      const next = await this.#attempt(live, route, attempt, { isLast: true, answers });
      return typeof next === 'string' ? undefined : next;
    });
  }

  /** @returns `misunderstood` when another revision has to be spoken; what the backend asks before it goes on. */
  async #attempt(call: Call, route: Route, attempt: Attempt, { isLast, answers }: Sending): Promise<Outcome> {
    const { principal, record } = call;
    const { backend } = route;
    const { time, cancellation, use, tool } = attempt;
    const { deadlineAtMs } = time;
    // Only a modern backend asks by its result.
    const found = answers === undefined ? this.#peerOf(call, route, { deadlineAtMs, isLast }) : MODERN;
    const peer = found instanceof Promise ? await found : found;
    if (peer.era === 'legacy' && saysNo(call)) {
      deliverNo(call);
      return 'answered';
    }
    const tasks = mayConcernTasks(call)
      ? await this.running.tasks.relayOf(call, route, peer, use)
      : undefined;
    if (tasks === 'refused') {
      refuseTask(call);
      return 'answered';
    }
    record?.spokenTo(peer);
    const span = record?.span?.child(call.message.method, 'client', stepOf(call, route, peer));
    // Asked once: the session may be dropped meanwhile.
    const isGuest = this.#isGuest(route, peer);
    const facts = { span, isForTask: tasks !== undefined, isGuest };
    const outbound = outboundRequest(call, route, peer, answers, facts);
    const delivery = this.#openDelivery(call, { ...attempt, backend, peer, tasks }, outbound);
    let leave: (() => void) | undefined;
    try {
      const { beside } = delivery;
      // The session of a task may be another replica's: a server has one stream for each.
      if (beside !== undefined && !isGuest) leave = await this.#listen(call, backend, peer, beside);
      const response = await this.backendSide.backends.send({
        backend,
        principal,
        headers: this.backendSide.passed.beside(outbound.headers, backend, call.headers),
        body: outbound.body,
        deadlineAtMs,
        cancellation,
        use,
        tool,
        session: sessionIn(peer),
        began: (exchange) => time.of(exchange),
        wait: record?.held,
      });
      span?.set({ 'http.response.status_code': response.status });
      if (response.status < 300) return (await delivery.deliver(response)) ?? 'answered';
      const text = await response.text();
      if (!isLast && meansAnotherRevision(peer, response.status, text)) {
        this.#peers.forget(backend, peer);
        return 'misunderstood';
      }
      return this.#passOn(delivery.call, { backend, peer }, response, text);
    } catch (error) {
      span?.fail(GatehouseError.from(error).code);
      this.#failed(error, { backend, principal, peer }, outbound.id);
      if (!isLast && error instanceof AnotherAccount) return 'misunderstood';
      throw error;
    } finally {
      leave?.();
      delivery.close();
      span?.end();
    }
  }

  /** The client reads the backend's own error; its text may be anybody's. */
  #passOn(
    call: Call,
    { backend, peer }: Pick<SentParts, 'backend' | 'peer'>,
    response: BackendResponse,
    text: string,
  ): 'answered' {
    const { record } = call;
    if (record !== undefined) record.wasRefused = true;
    const { status } = response;
    const rpcCode = deliverRefusal(call, peer, response, text);
    const level = status < 500 ? 'info' : 'warn';
    this.backendSide.log[level]('backend-error-passed-on', {
      backend,
      status,
      rpcCode,
      traceId: record?.traceId,
    });
    return 'answered';
  }

  /** What the failure says of the session, and what its backend has to know. */
  #failed(error: unknown, { backend, principal, peer }: Recipient, id: RequestId): void {
    // Who does not wait any longer says so (MCP 2025-11-25, lifecycle, timeouts); a client that cancelled has this code, too.
    if (error === STOPPING || GatehouseError.from(error).code === 'deadline_exceeded')
      this.#peers.sayCancelled(backend, principal, peer, id);
  }

  #openDelivery(
    call: Call,
    sent: SentParts,
    { id, progressToken: sentProgressToken }: Outbound,
  ): OpenDelivery {
    const { backend, peer, time, cancellation, parked, tool } = sent;
    const facts = { backend, principal: call.principal, peer, time, cancellation, tool };
    const resumption = new Resumption(facts, this.backendSide.backends);
    const progressToken = progressTokenOf(call.message.params);
    return this.delivery.open(call, {
      backend,
      peer,
      id,
      progressToken,
      sentProgressToken,
      cancellation,
      time,
      resumption,
      parked,
      tasks: sent.tasks,
    });
  }

  async #listen(
    { principal, client, record }: Call,
    backend: string,
    peer: Peer,
    beside: StreamMember,
  ): Promise<() => void> {
    const session = client.era === 'legacy' ? client.session : undefined;
    const isOwn = 'owner' in peer && peer.owner === session?.digest;
    const place = { backend, principal, peer, client: isOwn ? session : undefined };
    const joined = this.backendSide.sessionStreams.join(place, beside);
    return joined instanceof Promise ? await waitedFor(record?.held, joined) : joined;
  }

  /** The session of a task may be another client's, or this one's at another replica. */
  #isGuest({ task }: Route, peer: Peer): boolean {
    return (
      task !== undefined && peer.era === 'legacy' && peer.session !== undefined && !this.#peers.keeps(peer)
    );
  }

  get #peers(): Peers {
    return this.backendSide.peers;
  }

  #peerOf(
    { principal, client, record }: Call,
    { backend, task }: Route,
    { deadlineAtMs, isLast }: { readonly deadlineAtMs: number; readonly isLast: boolean },
  ): Peer | Promise<Peer> {
    const request = { backend, principal, deadlineAtMs, ...owning(client) };
    // Some servers know a task in its session only. Where the session is gone, or another account's, another one may still know it.
    if (task?.sessionId !== undefined && !isLast)
      return this.#peers.inSession(request, { id: task.sessionId, account: task.account });
    const found = this.#peers.of(request);
    return found instanceof Promise ? waitedFor(record?.held, found) : found;
  }
}

/** What a trace says of a request to a backend. */
const stepOf = (
  { message, target }: Call,
  { backend, original, task }: Route,
  peer: Peer,
): SpanAttributes => ({
  'mcp.method.name': message.method,
  'mcp.protocol.version': peer.era === 'modern' ? MODERN_VERSION : peer.version,
  'gen_ai.tool.name': task?.tool ?? (target.kind === 'tool' ? original : undefined),
  'gen_ai.prompt.name': target.kind === 'prompt' ? original : undefined,
  'gatehouse.backend': backend,
});

/** Whose backend session it is, and what may be promised there in its name. */
function owning(client: Call['client']): Pick<PeerRequest, 'era' | 'owner' | 'capabilities' | 'logLevel'> {
  if (client.era === 'modern') {
    const { key, capabilities } = declaredIn(client.envelope.capabilities);
    return { era: 'modern', owner: key, capabilities };
  }
  const { digest, capabilities, logLevel } = client.session;
  return {
    era: 'legacy',
    owner: digest,
    capabilities: promisable(capabilities),
    ...(logLevel === undefined ? {} : { logLevel }),
  };
}
