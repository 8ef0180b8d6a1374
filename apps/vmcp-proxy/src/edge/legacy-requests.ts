import type { Log } from '@gatehouse/observability/log';
import type { Peers } from '../backends/peers.client.js';
import { readsEventStreams } from '../calls/call.js';
import type { Calls } from '../calls/calls.flow.js';
import { CallRecord } from '../calls/call-record.js';
import { targetOf, type CallTarget } from '../calls/call-target.js';
import { isOfEra } from '../mcp/call-methods.js';
import { JSON_TYPE } from '../mcp/answer.js';
import { declaredInSession } from '../mcp/client-capabilities.js';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import { errorText, isObject, resultText, type RequestMessage } from '../mcp/message.js';
import { INVALID_PARAMS, isLegacyVersion, LEGACY_VERSIONS, METHOD_NOT_FOUND } from '../mcp/protocol.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { McpSessionStore } from '../mcp-sessions/mcp-session.store.js';
import type { SessionSignals } from '../mcp-sessions/session-signals.client.js';
import type { ResumableStreams } from '../replays/resumable-streams.flow.js';
import type { ClientStreams } from './client-streams.flow.js';
import type { Incoming } from './incoming.js';
import { fail } from './refused-requests.js';
import type { Introductions } from './introductions.js';
import type { Lists } from './lists.js';
import type { Subscriptions } from './subscriptions.flow.js';

const LOG_LEVELS: ReadonlySet<unknown> = new Set([
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]);

/** What a session has here, at backends, and at other replicas. */
export interface SessionParts {
  readonly peers: Pick<Peers, 'end' | 'setLogLevel'>;
  readonly streams: Pick<ClientStreams, 'endMcpSession'>;
  readonly replays: Pick<ResumableStreams, 'answerTo' | 'endSession'>;
  readonly elsewhere: Pick<SessionSignals, 'logLevelSet' | 'ended'>;
}

/** What the gateway answers itself. */
interface OwnAnswers {
  readonly lists: Lists;
  readonly introductions: Introductions;
  readonly subscriptions: Pick<Subscriptions, 'answer'>;
}

/** Tasks came with 2025-11-25. */
const isSpoken = ({ kind }: CallTarget, method: string, { protocolVersion }: McpSession): boolean =>
  kind !== 'task' || (protocolVersion === '2025-11-25' && isOfEra(method, 'legacy'));

/** Requests of the revisions with sessions. */
export class LegacyRequests {
  constructor(
    private readonly sessions: McpSessionStore,
    private readonly calls: Calls,
    private readonly parts: SessionParts,
    private readonly own: OwnAnswers,
    private readonly log: Pick<Log, 'failure'>,
  ) {}

  /** Starts a session. The client's revision is used where it is known here, else our newest of those with sessions. */
  async initialize(incoming: Incoming, { id, params }: RequestMessage): Promise<void> {
    const { principal, scope, answer } = incoming;
    const asked = params.get('protocolVersion')?.text();
    const clientInfo = params.get('clientInfo')?.value();
    const capabilities = params.get('capabilities')?.value();
    if (asked === undefined) {
      answer.whole(
        400,
        JSON_TYPE,
        errorText(id, { code: INVALID_PARAMS, message: 'protocolVersion is missing' }),
      );
      return;
    }
    const protocolVersion = isLegacyVersion(asked) ? asked : LEGACY_VERSIONS[0];
    const session = await this.sessions.open(principal, {
      place: scope.place,
      protocolVersion,
      clientInfo: isObject(clientInfo) ? clientInfo : {},
      capabilities: isObject(capabilities) ? capabilities : {},
    });
    const result = {
      protocolVersion,
      ...this.own.introductions.of(
        { ...incoming, declared: declaredInSession(session.capabilities) },
        protocolVersion,
      ),
      serverInfo: GATEWAY_INFO,
    };
    answer.whole(200, JSON_TYPE, resultText(id, result), { 'mcp-session-id': session.id });
  }

  async answer(incoming: Incoming, session: McpSession, message: RequestMessage): Promise<void> {
    const { answer } = incoming;
    const { id, method } = message;
    const target = targetOf(message);
    if (target !== undefined && isSpoken(target, method, session)) {
      const record = new CallRecord(incoming.receivedAtMs);
      const place = readsEventStreams(incoming)
        ? this.parts.replays.answerTo(id, session, answer)
        : incoming.answer;
      const client = { era: 'legacy', session } as const;
      try {
        await this.calls.run({ ...incoming, answer: place, target, client, message, record });
      } catch (error) {
        // Where it is waited for: its stream may have begun meanwhile.
        fail(place, error, this.log, id);
      }
      return;
    }
    const asked = { ...incoming, declared: declaredInSession(session.capabilities) };
    const answered =
      this.own.lists.answer(asked, message, 'legacy') ??
      this.own.subscriptions.answer(asked, session, message);
    if (answered !== undefined) await answered;
    else if (method === 'ping') answer.whole(200, JSON_TYPE, resultText(id, {}));
    else if (method === 'logging/setLevel') await this.#setLogLevel(incoming, session, message);
    else {
      const error = { code: METHOD_NOT_FOUND, message: `there is no method ${method}` };
      answer.whole(200, JSON_TYPE, errorText(id, error));
    }
  }

  async end(session: McpSession): Promise<void> {
    await this.sessions.end(session);
    const { peers, streams, replays, elsewhere } = this.parts;
    replays.endSession(session.digest);
    peers.end(session.digest);
    streams.endMcpSession(session.digest);
    await elsewhere.ended(session);
  }

  async #setLogLevel(
    { answer }: Incoming,
    session: McpSession,
    { id, params }: RequestMessage,
  ): Promise<void> {
    const level = params.get('level')?.text();
    if (level === undefined || !LOG_LEVELS.has(level)) {
      answer.whole(200, JSON_TYPE, errorText(id, { code: INVALID_PARAMS, message: 'unknown log level' }));
      return;
    }
    await this.sessions.change(session, () => ({ logLevel: level }));
    this.parts.peers.setLogLevel(session.digest, level);
    await this.parts.elsewhere.logLevelSet(session, level);
    answer.whole(200, JSON_TYPE, resultText(id, {}));
  }
}
