import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '@gatehouse/testing/mcp-exchange';
import { LARGE_BYTES, STEPS, WATCHED } from './said-by-backend.js';

/**
 * A backend for a soak: it says whose credential came, asks, tells of progress, gives much, and tells of updates. It speaks both
 * eras, each to who speaks it. Arguments: its port, where the provider says whose a token is, and how often it
 * tells of updates.
 */
const [port = '0', userUrl = '', updateEveryMs = '1000'] = process.argv.slice(2);
const STEP_EVERY_MS = 100;
const MAX_KNOWN = 10_000;
const MODERN = '2026-07-28';
const CACHEABLE = { resultType: 'complete', ttlMs: 5_000, cacheScope: 'private' };
const FORM = {
  message: 'Which code?',
  requestedSchema: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
};
const ABOUT = { capabilities: { tools: {}, resources: { subscribe: true } } };
const TOOLS = ['who', 'ask', 'steps', 'large'].map((name) => ({
  name,
  description: `A tool of the soak: ${name}.`,
  inputSchema: { type: 'object' },
}));
const RESOURCES = [{ uri: WATCHED, name: 'watched' }];

interface Session {
  readonly questions: Map<unknown, (answer: Message) => void>;
  readonly streams: Set<ServerResponse>;
}

const sessions = new Map<string, Session>();
const listeners = new Set<ServerResponse>();
const subjects = new Map<string, string>();
let made = 0;

async function subjectOf({ headers: { authorization = '' } }: IncomingMessage): Promise<string | undefined> {
  const known = subjects.get(authorization);
  if (known !== undefined) return known;
  const response = await fetch(userUrl, { headers: { authorization } });
  const { id } = (await response.json()) as { readonly id?: string };
  if (id !== undefined) {
    if (subjects.size >= MAX_KNOWN) subjects.clear();
    subjects.set(authorization, id);
  }
  return id;
}

const json = (response: ServerResponse, status: number, body: object, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ jsonrpc: '2.0', ...body }));
};
const event = (message: object): string => `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
function say(response: ServerResponse, message: object): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(event(message));
}

function finish(response: ServerResponse, message: object): void {
  if (!response.headersSent) json(response, 200, message);
  else response.end(event(message));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, headers } = request;
  const body = await text(request);
  const sessionId = headers['mcp-session-id'];
  const session = typeof sessionId === 'string' ? sessions.get(sessionId) : undefined;
  if (method === 'DELETE') {
    sessions.delete(String(sessionId));
    response.writeHead(200).end();
  } else if (method === 'GET') {
    if (session === undefined) json(response, 404, gone(null));
    else listen(response, session.streams);
  } else {
    const message = JSON.parse(body) as Message;
    if (headers['mcp-protocol-version'] === MODERN) await modern(request, response, message);
    else await legacy(request, response, message, session);
  }
}

const gone = (id: unknown) => ({ id, error: { code: -32_001, message: 'There is no such session' } });

function listen(response: ServerResponse, streams: Set<ServerResponse>): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  streams.add(response);
  response.once('close', () => streams.delete(response));
}

async function legacy(
  request: IncomingMessage,
  response: ServerResponse,
  message: Message,
  session: Session | undefined,
): Promise<void> {
  const { id, method } = message;
  if (method === 'initialize') {
    made += 1;
    const name = `soak-${process.pid}-${made}`;
    sessions.set(name, { questions: new Map(), streams: new Set() });
    const result = { protocolVersion: '2025-11-25', ...ABOUT, serverInfo: { name: 'soak', version: '1' } };
    json(response, 200, { id, result }, { 'mcp-session-id': name });
  } else if (session === undefined) json(response, 404, gone(id ?? null));
  else if (id === undefined || method === undefined) {
    if (method === undefined) session.questions.get(id)?.(message['result'] as Message);
    response.writeHead(202).end();
  } else if (method !== 'tools/call') otherwise(response, message, {});
  else
    await call(request, response, message, {}, async () => {
      made += 1;
      const question = `question-${made}`;
      const { promise, resolve } = Promise.withResolvers<Message>();
      session.questions.set(question, resolve);
      // Nobody is left who could answer.
      response.once('close', () => resolve({}));
      say(response, { id: question, method: 'elicitation/create', params: FORM });
      const given = await promise;
      session.questions.delete(question);
      return given;
    });
}

async function modern(request: IncomingMessage, response: ServerResponse, message: Message): Promise<void> {
  const { id, method } = message;
  const params = (message['params'] ?? {}) as Message;
  if (id === undefined) response.writeHead(202).end();
  else if (method === 'subscriptions/listen') {
    listen(response, listeners);
    const notifications = params['notifications'];
    say(response, { method: 'notifications/subscriptions/acknowledged', params: { notifications } });
  } else if (method !== 'tools/call') otherwise(response, message, CACHEABLE);
  else {
    const given = params['inputResponses'] as { readonly q?: Message } | undefined;
    if (params['name'] === 'ask' && given?.q === undefined) {
      const inputRequests = { q: { method: 'elicitation/create', params: FORM } };
      finish(response, {
        id,
        result: { resultType: 'input_required', inputRequests, requestState: 'asked' },
      });
    } else
      await call(
        request,
        response,
        message,
        { resultType: 'complete' },
        async () => await Promise.resolve(given?.q ?? {}),
      );
  }
}

function otherwise(response: ServerResponse, { id, method }: Message, more: object): void {
  const results: Readonly<Record<string, object>> = {
    'server/discover': { ...ABOUT, supportedVersions: [MODERN] },
    'tools/list': { tools: TOOLS },
    'resources/list': { resources: RESOURCES },
    'resources/templates/list': { resourceTemplates: [] },
    'resources/subscribe': {},
    'resources/unsubscribe': {},
    ping: {},
  };
  const result = results[String(method)];
  if (result === undefined) json(response, 200, { id, error: { code: -32_601, message: 'no such method' } });
  else json(response, 200, { id, result: { ...more, ...result } });
}

async function call(
  request: IncomingMessage,
  response: ServerResponse,
  { id, params }: Message,
  more: object,
  ask: () => Promise<Message>,
): Promise<void> {
  const { name, _meta } = params as { readonly name: string; readonly _meta?: Message };
  const subject = await subjectOf(request);
  if (subject === undefined) {
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    return;
  }
  let said: object = {};
  if (name === 'ask') said = { code: ((await ask())['content'] as Message | undefined)?.['code'] };
  if (name === 'large') said = { filling: 'x'.repeat(LARGE_BYTES) };
  if (name === 'steps')
    for (let progress = 1; progress <= STEPS && !response.destroyed; progress += 1) {
      const progressToken = _meta?.['progressToken'];
      if (progressToken !== undefined)
        say(response, {
          method: 'notifications/progress',
          params: { progressToken, progress, total: STEPS },
        });
      await pause(STEP_EVERY_MS);
    }
  const content = [{ type: 'text', text: subject }];
  finish(response, { id, result: { ...more, content, structuredContent: { subject, ...said } } });
}

setInterval(() => {
  const update = { method: 'notifications/resources/updated', params: { uri: WATCHED } };
  for (const { streams } of sessions.values()) for (const stream of streams) say(stream, update);
  for (const stream of listeners) say(stream, update);
}, Number(updateEveryMs));

createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('soak backend ready\n'));
// With whoever started it.
process.stdin.on('end', () => process.exit()).resume();
