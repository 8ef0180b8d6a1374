import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BridgedBackend, BridgePart } from '@gatehouse/config/bridge-part';
import { bridgedPath } from '@gatehouse/config/model/stdio';
import { Answer, EVENT_STREAM_TYPE } from './answer.js';
import { callerOf, type Caller, type KnownCallers } from './callers.js';
import { refuseOtherProgram } from './other-program.js';
import { errorMessage, INVALID_REQUEST, readMessage, type RpcMessage } from './rpc-message.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** What the proxy may write around the client's message: its own names and members. */
const EXTRA_BYTES = 1024 * 1024;

const NO_SESSION = 'There is no such session.';

type EndpointPart = Pick<BridgePart, 'backends' | 'messageBytes'>;

interface Request {
  readonly backend: BridgedBackend;
  readonly caller: Caller;
  readonly sessionId: string | undefined;
  readonly incoming: IncomingMessage;
  readonly answer: Answer;
}

/** `/<backend>/mcp`: Streamable HTTP with sessions (MCP 2025-11-25, and the two revisions before it), for the proxy alone. */
export class BridgeEndpoint {
  #byPath: ReadonlyMap<string, BridgedBackend> = new Map();
  readonly #maxBytes: number;

  constructor(
    { backends, messageBytes }: EndpointPart,
    private readonly callers: KnownCallers,
    private readonly sessions: Sessions,
  ) {
    this.#maxBytes = messageBytes + EXTRA_BYTES;
    this.exchange(backends);
  }

  /** From now on these are the backends. What runs ends as it began. */
  exchange(backends: readonly BridgedBackend[]): void {
    this.#byPath = new Map(backends.map((backend) => [bridgedPath(backend.name), backend]));
    this.sessions.exchange(backends);
  }

  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = new Answer(response);
    const [path = ''] = (incoming.url ?? '').split('?');
    if (path === '/healthz' && incoming.method === 'GET') {
      answer.status(200, 'ok');
      return;
    }
    const refusal = this.callers.refusal(incoming.headers);
    if (refusal !== undefined) {
      answer.status(403, refusal);
      return;
    }
    const caller = callerOf(incoming.headers);
    const id = incoming.headers['mcp-session-id'];
    const sessionId = typeof id === 'string' ? id : undefined;
    // A session is of the program that it was begun with, also when another one has that name now, or none.
    const session = sessionId === undefined ? undefined : this.sessions.find(path, sessionId, caller);
    const backend = session?.owner.backend ?? this.#byPath.get(path);
    // Before anything is made of the request, and of the token in it: it may be meant for another program (ADR 69).
    if (backend === undefined || backend.program !== caller.program) {
      // Whoever comes with a session that is over begins another one, of whatever is configured then.
      if (sessionId !== undefined && session === undefined) answer.status(404, NO_SESSION);
      else refuseOtherProgram(answer);
      return;
    }
    if (backend.tokenEnv !== undefined && caller.person === undefined) {
      answer.status(403, 'This program runs for a person only.');
      return;
    }
    if (backend.tokenEnv !== undefined && caller.token === undefined) {
      answer.status(401, 'This program needs the token of the person.', { 'www-authenticate': 'Bearer' });
      return;
    }
    await this.#byMethod({ backend, caller, sessionId, incoming, answer });
  }

  async #byMethod(request: Request): Promise<void> {
    const { incoming, answer } = request;
    if (incoming.method === 'POST') await this.#post(request);
    else if (incoming.method === 'GET') this.#get(request);
    else if (incoming.method === 'DELETE') this.#delete(request);
    else answer.status(405, '', { allow: 'GET, POST, DELETE' });
  }

  async #post(request: Request): Promise<void> {
    const { incoming, answer, backend, caller, sessionId } = request;
    if (!/^application\/json\b/i.test(incoming.headers['content-type'] ?? '')) {
      answer.status(415, 'A message is application/json.');
      return;
    }
    const bytes = await this.#body(incoming);
    if (bytes === undefined) {
      answer.status(413, 'The message is too large.', { connection: 'close' });
      return;
    }
    const message = readMessage(bytes);
    if (message === undefined) answer.status(400, 'That is not one JSON-RPC message.');
    else if (sessionId !== undefined) this.#inSession(request, message, bytes);
    else if (message.kind === 'request' && message.method === 'initialize')
      await this.sessions.begin(backend, caller, { message, bytes }, answer);
    else answer.status(400, 'A session begins with initialize.');
  }

  #inSession(request: Request, message: RpcMessage, bytes: Buffer): void {
    const { answer, caller, incoming } = request;
    const session = this.#session(request);
    if (session === undefined) return;
    const version = incoming.headers['mcp-protocol-version'];
    if (
      version !== undefined &&
      session.protocolVersion !== undefined &&
      version !== session.protocolVersion
    ) {
      const id = message.kind === 'notification' ? '' : message.id;
      answer.refuse(400, errorMessage(id, INVALID_REQUEST, 'This session has another protocol version.'));
      return;
    }
    switch (message.kind) {
      case 'request':
        if (this.sessions.hasOtherToken(session, caller)) session.retire();
        if (session.isOpen) session.request(message, bytes, answer);
        else answer.status(404, 'This session is over.');
        return;
      case 'notification':
        session.notification(message, bytes);
        answer.status(202);
        return;
      case 'response':
        if (session.response(message, bytes)) answer.status(202);
        else answer.refuse(400, errorMessage(message.id, INVALID_REQUEST, 'Nobody asked that.'));
    }
  }

  #get(request: Request): void {
    const { incoming, answer } = request;
    if (!(incoming.headers.accept ?? '').includes(EVENT_STREAM_TYPE)) {
      answer.status(406, `Only ${EVENT_STREAM_TYPE} is here.`);
      return;
    }
    this.#session(request)?.listen(answer);
  }

  #delete(request: Request): void {
    const session = this.#session(request);
    if (session === undefined) return;
    void session.end();
    request.answer.status(204);
  }

  /** Answers itself when there is none. */
  #session({ backend, caller, sessionId, answer }: Request): Session | undefined {
    if (sessionId === undefined) {
      answer.status(400, 'The session is not named.');
      return undefined;
    }
    const session = this.sessions.find(bridgedPath(backend.name), sessionId, caller);
    if (session === undefined) answer.status(404, NO_SESSION);
    return session;
  }

  /** @returns `undefined` when there is more than may be */
  async #body(incoming: IncomingMessage): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > this.#maxBytes) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}
