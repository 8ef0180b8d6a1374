import type { Proofs } from '@gatehouse/access-tokens/proofs';
import { dpopProofs, mcpSessions as sessionsBucket, taskKeys } from '@gatehouse/contracts/buckets';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import { ClientCertificates } from '@gatehouse/service-process/client-certificates';
import { Prober } from './backends/prober.job.js';
import { BackendQuestions } from './calls/backend-questions.js';
import { DroppedMessages } from './calls/dropped-messages.js';
import type { Call } from './calls/call.js';
import { BetweenCalls } from './calls/between-calls.flow.js';
import { CallMetrics } from './calls/call-metrics.js';
import { CallDelivery } from './calls/call-delivery.flow.js';
import { CallEndings } from './calls/call-endings.js';
import { CallObserver } from './calls/call-observer.js';
import { Calls } from './calls/calls.flow.js';
import { ToolMetrics } from './calls/tool-metrics.js';
import { Exchanges } from './calls/exchanges.flow.js';
import { OwnQuestions } from './calls/own-questions.js';
import { TaskCalls } from './calls/task-calls.flow.js';
import { Routes } from './calls/routes.js';
import { RefusedCalls } from './calls/refused-calls.js';
import { Failures } from './calls/failures.js';
import { ParkedCalls, PARKING_LIMITS } from './calls/parked-calls.flow.js';
import { ParkedStates } from './refusals/parked-state.js';
import { InFlight } from './calls/in-flight.js';
import { RequestStates } from './refusals/request-state.js';
import { BytesInFlight } from './calls/bytes-in-flight.js';
import { AllowedPeers } from './edge/host-and-origin.js';
import { ClientStreams } from './edge/client-streams.flow.js';
import { LegacyRequests } from './edge/legacy-requests.js';
import { LegacySignals } from './edge/legacy-signals.flow.js';
import { Introductions } from './edge/introductions.js';
import { Lists } from './edge/lists.js';
import { Messages } from './edge/messages.flow.js';
import { McpEndpoint, type EndpointFacts } from './edge/mcp-endpoint.controller.js';
import { ModernRequests } from './edge/modern-requests.js';
import { StreamResumption } from './edge/stream-resumption.flow.js';
import { Subscriptions } from './edge/subscriptions.flow.js';
import { RequestBodies } from './edge/request-body.js';
import { endpointsOf, exchangeEndpoints, type Endpoint } from './edge/endpoints.js';
import { callersOf, proofsIn } from './incoming-auth/callers-of.client.js';
import { challenge, schemeOf } from './incoming-auth/challenge.js';
import { SessionViews } from './incoming-auth/session-views.client.js';
import { gatewayStatus, type GatewayStatus } from './gateway-status.js';
import type { Caches } from './invalidation.handler.js';
import { McpSessionStore } from './mcp-sessions/mcp-session.store.js';
import { ReplicaMailbox } from './mcp-sessions/replica-mailbox.js';
import { SessionBucket } from './mcp-sessions/session-bucket.store.js';
import { SessionSignals } from './mcp-sessions/session-signals.client.js';
import { TaskIds } from './tasks/task-ids.js';
import { TaskKeys } from './tasks/task-keys.store.js';
import { replaysOf, type Replays } from './replays/replays-of.flow.js';
import { makeBackendSide, type BackendSide } from './backend-side.js';
import type { GatewaySurroundings } from './gateway-surroundings.js';

/** The data plane, put together: one endpoint, and what has to be dropped or closed. */
export interface Gateway {
  readonly endpoint: McpEndpoint;
  readonly caches: Caches;
  readonly prober: Pick<Prober, 'start' | 'stop'>;
  /** Takes another part of the configuration: what begins from now on follows it. @throws when it cannot, and then nothing has changed. */
  exchange(part: VmcpProxyPart): void;
  /** For operators. */
  status(): GatewayStatus;
  /** Has to hear what clients said to other replicas. */
  readonly signals: Pick<LegacySignals, 'heard'>;
  /** Has to hear what other replicas say of streams. */
  readonly handovers: Pick<Replays['handovers'], 'heard'>;
  /** Calls end for which no client waits: none comes back to a replica that stops. Resolves when their backends were told. */
  endParked(): Promise<void>;
  /** Clients that only listen are sent away: another replica has room for them. */
  endListening(): void;
  /** Every call that still runs is answered with an error. */
  endCalls(): void;
  /** Calls that run for clients of other replicas have no connection here: they are waited for until {@link endCalls}. */
  close(): Promise<void>;
}

/** Puts the data plane together. Plain objects and no container: what a call passes through can be read here. */
export async function makeGateway(part: VmcpProxyPart, surroundings: GatewaySurroundings): Promise<Gateway> {
  const { contracts, buckets, events, log } = surroundings;
  const told = toldOfCalls(part, surroundings);
  const backendSide = await makeBackendSide(part, surroundings, told.metrics);
  const { prober, credentials, peers, catalog, watch, vaultKey, sent, authorization } = backendSide;
  const [sessions, mailbox] = [new SessionViews(contracts), await ReplicaMailbox.make()];
  const mcpSessions = new McpSessionStore(new SessionBucket(buckets, sessionsBucket));
  const [endpoints, states] = [endpointsOf(part), new RequestStates()];
  const facts = factsOf(part, endpoints, surroundings, backendSide);
  const providersOf = credentials.providersOf.bind(credentials);
  const elsewhere = new SessionSignals(events, mailbox.address);
  const replays = replaysOf(part, surroundings, mailbox);
  const answerBytes = new BytesInFlight(part.limits.answerBytesPerPerson);
  const taskIds = new TaskIds(taskKeysIn(buckets, log));
  const [inFlight, questions] = [new InFlight(), new BackendQuestions(mailbox.address, taskIds)];
  const parkedCalls = parkingPlaces(surroundings, answerBytes, mailbox.address);
  const heardOf = { dropped: new DroppedMessages(log, told.metrics.dropped), changes: watch, sent };
  const delivery = new CallDelivery(peers, questions, heardOf, answerBytes, part.streamKeepAliveMs);
  const again = signInAgain(sessions, facts.endpoints);
  const heard = { mcpSessions, sessions, sessionClosed: again.session_closed, replays: replays.streams };
  const streams = listeningClients(part, backendSide, heard);
  backendSide.sessionStreams.hear(new BetweenCalls(streams, questions, peers, watch));
  const failures = new Failures(part.authServer?.issuer, providersOf, states);
  const { retries } = replays;
  const tasks = new TaskCalls(taskIds, catalog.features);
  const found = { inFlight, parkedCalls, tasks, retries };
  const exchanges = new Exchanges(part.backends, backendSide, delivery, found);
  const calls = new Calls(
    new Routes(catalog, parkedCalls, taskIds, authorization),
    new OwnQuestions(states, providersOf),
    sessions,
    exchanges,
    new CallEndings(failures, again, told, log, refusedCalls(failures, facts.endpoints)),
  );
  const here = { inFlight, questions, peers, mcpSessions, mailbox, streams, replays: replays.streams };
  const signals = new LegacySignals(here, elsewhere, log);
  const edge = { mcpSessions, calls, failures, streams, replays, signals, elsewhere, log };
  const messages = makeMessages(part, backendSide, edge);
  const callers = callersOf(part, contracts, sessions, proofsOf(part, surroundings), log);
  const endpoint = new McpEndpoint(facts, callers, new RequestBodies(part.limits), messages, log);
  retries.serveWith(async (request, answer) => await endpoint.handed(request, answer));
  const running = { inFlight, parkedCalls, watch, streams };
  const caches = { sessions, credentials, catalog, peers, mcpSessions, vaultKey, sent, ...running };
  return {
    endpoint,
    caches,
    prober,
    exchange: exchangeIn(backendSide, endpoints, [exchanges, told.metrics], streams),
    status: () => gatewayStatus(backendSide),
    signals,
    handovers: replays.handovers,
    endListening: () => streams.endAll(),
    endParked: async () => await parkedEnded(parkedCalls, replays, peers),
    endCalls: () => inFlight.endAll(),
    close: async () => {
      await replays.settled();
      await closed(backendSide);
    },
  };
}

/** What takes up another part: what can fail is made first. */
const exchangeIn =
  (
    backendSide: BackendSide,
    endpoints: Map<string, Endpoint>,
    ofBackends: readonly { exchange(backends: VmcpProxyPart['backends']): void }[],
    streams: ClientStreams,
  ): Gateway['exchange'] =>
  (next) => {
    const nextEndpoints = endpointsOf(next);
    const exchangeBackends = backendSide.exchange(next);
    const gone = exchangeEndpoints(endpoints, nextEndpoints);
    exchangeBackends();
    for (const one of ofBackends) one.exchange(next.backends);
    for (const place of gone) streams.endPlace(place);
  };

const listeningClients = (
  { streamKeepAliveMs }: VmcpProxyPart,
  { watch, catalog, authorization }: BackendSide,
  known: Omit<ConstructorParameters<typeof ClientStreams>[2], 'mayRead'>,
): ClientStreams =>
  new ClientStreams(watch, catalog, { ...known, mayRead: authorization.mayRead }, streamKeepAliveMs);

async function parkedEnded(
  parkedCalls: ParkedCalls,
  { streams }: Replays,
  peers: BackendSide['peers'],
): Promise<void> {
  await Promise.all([parkedCalls.stop(), streams.stop()]);
  await peers.told();
}

async function closed({ peers, authorization, client }: BackendSide): Promise<void> {
  await peers.told();
  await authorization.stop();
  await client.close();
}

const factsOf = (
  part: VmcpProxyPart,
  endpoints: ReadonlyMap<string, Endpoint>,
  surroundings: GatewaySurroundings,
  { passed }: BackendSide,
): EndpointFacts => ({
  passed,
  peers: new AllowedPeers(part),
  certificates: new ClientCertificates(part.authServer?.mtls, part.trustedProxies, surroundings.log),
  endpoints,
  refused: refusals(surroundings),
});

/** Who hears of calls. */
const toldOfCalls = (
  { backends, telemetry }: VmcpProxyPart,
  { metrics, tracing, audit }: GatewaySurroundings,
) => ({
  metrics: new CallMetrics(metrics, backends),
  tools: new ToolMetrics(metrics, telemetry.toolLabels),
  observer: new CallObserver(tracing, audit, telemetry.audit),
});

/** Anybody can send a token that is none, as often as they like. */
const refusals =
  ({ audit }: GatewaySurroundings): EndpointFacts['refused'] =>
  (reason, { place }) => {
    audit.writePaced('token-refused', { reason, endpoint: place === '' ? '/' : place });
  };

type Answered = Pick<Call, 'principal' | 'scope' | 'answer'>;

/** Answers a call whose caller has to come with another token: by why. */
function signInAgain(sessions: SessionViews, endpoints: ReadonlyMap<string, Endpoint>) {
  const unauthorized = ({ principal, scope, answer }: Answered): void => {
    const endpoint = endpoints.get(scope.place);
    const headers =
      endpoint === undefined
        ? {}
        : { 'www-authenticate': challenge(endpoint.challenge, 'invalid_token', schemeOf(principal)) };
    answer.empty(401, headers);
  };
  return {
    /** It ended while the call ran. */
    session_closed: (call: Answered): void => {
      const { tsid } = call.principal;
      if (tsid !== undefined) sessions.close(tsid);
      unauthorized(call);
    },
    token_invalid: unauthorized,
  };
}

const refusedCalls = (failures: Failures, endpoints: ReadonlyMap<string, Endpoint>): RefusedCalls =>
  new RefusedCalls(failures, (place) => endpoints.get(place)?.challenge);

interface EdgeParts {
  readonly mcpSessions: McpSessionStore;
  readonly calls: Calls;
  readonly failures: Failures;
  readonly streams: ClientStreams;
  readonly replays: Replays;
  readonly signals: LegacySignals;
  readonly elsewhere: SessionSignals;
  readonly log: Log;
}

/** What answers the messages of both revisions. */
function makeMessages(
  part: VmcpProxyPart,
  { catalog, peers, backends, authorization }: BackendSide,
  parts: EdgeParts,
): Messages {
  const { mcpSessions, calls, failures, streams, replays, signals, elsewhere, log } = parts;
  const lists = new Lists(catalog, part, authorization.shown);
  const introductions = new Introductions(catalog, authorization.shown);
  const { mayRead } = authorization;
  const asking = { catalog, peers, backends, failures, mayRead, authorization, log };
  const subscriptions = new Subscriptions(asking, mcpSessions, streams, elsewhere);
  const sessionParts = { peers, streams, replays: replays.streams, elsewhere };
  return new Messages(
    mcpSessions,
    {
      modern: new ModernRequests(lists, introductions, calls, streams),
      legacy: new LegacyRequests(
        mcpSessions,
        calls,
        sessionParts,
        { lists, introductions, subscriptions },
        log,
      ),
    },
    signals,
    new StreamResumption(replays.streams, replays.handovers, replays.kept, streams),
    log,
  );
}

function parkingPlaces(
  { log, parkingLimits = PARKING_LIMITS }: GatewaySurroundings,
  bytes: BytesInFlight,
  address: string,
): ParkedCalls {
  const states = new ParkedStates(address, parkingLimits.answerWithinMs);
  return new ParkedCalls(states, bytes, log, parkingLimits);
}

const proofsOf = (part: VmcpProxyPart, { buckets, log }: GatewaySurroundings): Proofs =>
  proofsIn(part, new SessionBucket(buckets, dpopProofs), () => taskKeysIn(buckets, log));

function taskKeysIn(buckets: GatewaySurroundings['buckets'], log: Log): TaskKeys {
  const unavailable = ({ code }: GatehouseError): void => {
    log.warn('task-keys-unavailable', { code });
  };
  return new TaskKeys(new SessionBucket(buckets, taskKeys), Date.now, unavailable);
}
