import { SECOND_MS } from '@gatehouse/kernel/durations';
import { referenceOf } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import { AnotherAccount, type AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { ownRequest } from '../backends/own-request.client.js';
import type { Peers } from '../backends/peers.client.js';
import type { Admission } from '../authorization/admission.flow.js';
import { targetOf } from '../calls/call-target.js';
import { unreadOwner } from '../calls/routes.js';
import type { Failures } from '../calls/failures.js';
import type { Call } from '../calls/call.js';
import type { Catalog } from '../catalog/catalog.flow.js';
import type { Route } from '../catalog/view.js';
import type { MayRead } from '../authorization/authorization.flow.js';
import { JSON_TYPE } from '../mcp/answer.js';
import { errorText, resultText, type RequestMessage } from '../mcp/message.js';
import { INVALID_PARAMS, METHOD_NOT_FOUND } from '../mcp/protocol.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { McpSessionStore } from '../mcp-sessions/mcp-session.store.js';
import type { SessionSignals } from '../mcp-sessions/session-signals.client.js';
import { MAX_RESOURCES, type ClientStreams } from './client-streams.flow.js';
import type { Incoming } from './incoming.js';

const ANSWERED_WITHIN_MS = 20 * SECOND_MS;

/** What finds out whether a backend tells of updates, and says why not. */
export interface Asking {
  readonly catalog: Pick<Catalog, 'current' | 'failuresOf' | 'sendersOf'>;
  readonly peers: Pick<Peers, 'of'>;
  readonly backends: Pick<AuthorizedBackend, 'send'>;
  readonly failures: Pick<Failures, 'answer' | 'unknownName'>;
  /** What nobody may read, nobody hears of. */
  readonly mayRead: MayRead;
  readonly authorization: { readonly admission?: Pick<Admission, 'hides'> | undefined };
  readonly log: Pick<Log, 'failure'>;
}

/** `resources/subscribe` and `resources/unsubscribe` of clients with sessions. What is subscribed to is kept in the session. */
export class Subscriptions {
  constructor(
    private readonly asking: Asking,
    private readonly sessions: Pick<McpSessionStore, 'change'>,
    private readonly streams: Pick<ClientStreams, 'resubscribe'>,
    private readonly elsewhere: Pick<SessionSignals, 'subscriptionsChanged'>,
  ) {}

  /** @returns `undefined` when the request is for something else. */
  answer(incoming: Incoming, session: McpSession, message: RequestMessage): Promise<void> | undefined {
    if (message.method === 'resources/subscribe') return this.#subscribe(incoming, session, message);
    return message.method === 'resources/unsubscribe'
      ? this.#unsubscribe(incoming, session, message)
      : undefined;
  }

  async #subscribe(incoming: Incoming, session: McpSession, message: RequestMessage): Promise<void> {
    const { principal, scope, answer, declared } = incoming;
    const { catalog, failures } = this.asking;
    // Everything that can be read can be subscribed to, under the same name, and what hinders the one hinders the other.
    const target = targetOf({ method: 'resources/read', params: message.params });
    if (target === undefined) return;
    const call = { ...incoming, target, message, client: { era: 'legacy', session } as const };
    const uri = target.name;
    const view = await catalog.current(principal, scope, declared);
    const sendersOf = catalog.sendersOf(principal, scope);
    const route = uri === undefined ? undefined : view.resource(uri, sendersOf);
    const isRefused = route !== undefined && !this.asking.mayRead(route, incoming);
    if (uri === undefined || route === undefined || isRefused) {
      const unread = isRefused
        ? undefined
        : unreadOwner(call, view, catalog, this.asking.authorization.admission);
      if (unread === undefined) failures.unknownName(call);
      else this.#failed(call, unread.backend, unread.why);
      return;
    }
    if ((session.subscriptions?.length ?? 0) >= MAX_RESOURCES) {
      const error = { code: INVALID_PARAMS, message: `a session has at most ${MAX_RESOURCES} subscriptions` };
      answer.whole(200, JSON_TYPE, errorText(message.id, error));
      return;
    }
    const code = await this.#ask(route, incoming).catch((error: unknown) => {
      this.#failed(call, route.backend, GatehouseError.from(error));
      return 'answered' as const;
    });
    if (code === 'answered') return;
    if (code !== undefined) {
      const text = `${route.backend} does not tell of updates of this resource`;
      answer.whole(200, JSON_TYPE, errorText(message.id, { code, message: text }));
      return;
    }
    await this.#change(session, (uris) => [...new Set([...uris, uri])]);
    answer.whole(200, JSON_TYPE, resultText(message.id, {}));
  }

  #failed(call: Call, backend: string, failure: GatehouseError): void {
    const reference = referenceOf(failure);
    this.asking.log.failure('call-failed', failure, { backend, reference });
    this.asking.failures.answer(call, backend, failure, { reference });
  }

  async #unsubscribe(
    { answer }: Incoming,
    session: McpSession,
    { id, params }: RequestMessage,
  ): Promise<void> {
    const uri = params.get('uri')?.text();
    await this.#change(session, (uris) => uris.filter((one) => one !== uri));
    answer.whole(200, JSON_TYPE, resultText(id, {}));
  }

  /** Whether the backend takes such a subscription. @returns the code of its refusal. */
  async #ask(route: Route, incoming: Incoming): Promise<number | undefined> {
    try {
      return await this.#askIn(route, incoming);
    } catch (error) {
      if (!(error instanceof AnotherAccount)) throw error;
      return await this.#askIn(route, incoming);
    }
  }

  async #askIn({ backend, original }: Route, { principal }: Incoming): Promise<number | undefined> {
    const deadlineAtMs = Date.now() + ANSWERED_WITHIN_MS;
    const { peers, backends } = this.asking;
    const peer = await peers.of({ backend, principal, era: 'modern', owner: '', deadlineAtMs });
    // There it is a part of the request that listens.
    if (peer.era === 'modern') return undefined;
    if (peer.session === undefined) return METHOD_NOT_FOUND;
    const method = 'resources/subscribe';
    const params = { uri: original };
    const answer = await ownRequest({ backend, principal, peer, method, params, deadlineAtMs }, backends);
    return answer.kind === 'error' ? answer.code : undefined;
  }

  async #change(session: McpSession, changed: (uris: readonly string[]) => string[]): Promise<void> {
    await this.sessions.change(session, ({ subscriptions = [] }) => ({
      subscriptions: changed(subscriptions),
    }));
    await this.streams.resubscribe(session.digest);
    await this.elsewhere.subscriptionsChanged(session);
  }
}
