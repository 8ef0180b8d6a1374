import type { IncomingHttpHeaders } from 'node:http';
import type { Scope } from '../catalog/scope.js';
import type { Answer } from '../mcp/answer.js';
import { declaredIn, declaredInSession, followsTasks, type Declared } from '../mcp/client-capabilities.js';
import type { ModernEnvelope } from '../mcp/era.js';
import type { RequestMessage } from '../mcp/message.js';
import type { Principal } from '../incoming-auth/principal.js';
import { canOpenUrls, type McpSession } from '../mcp-sessions/mcp-session.js';
import type { CallTarget } from './call-target.js';
import type { CallRecord } from './call-record.js';

/** The client at the other end, as its revision describes it. */
export type Client =
  | { readonly era: 'modern'; readonly envelope: ModernEnvelope }
  | { readonly era: 'legacy'; readonly session: McpSession };

/** One request that a backend answers. */
export interface Call {
  readonly target: CallTarget;
  readonly principal: Principal;
  /** What the endpoint that it came to shows: nothing else can be called. */
  readonly scope: Scope;
  readonly client: Client;
  readonly message: RequestMessage;
  /** As they came; only named ones are ever looked at. */
  readonly headers: IncomingHttpHeaders;
  readonly answer: Answer;
  /** Absent where nobody wants to know afterwards. */
  readonly record?: CallRecord;
}

/** What the lists were made for that the call's name is from. */
export const declaredBy = ({ client }: Pick<Call, 'client'>): Declared =>
  client.era === 'modern'
    ? declaredIn(client.envelope.capabilities)
    : declaredInSession(client.session.capabilities);

/** Whether the client can be asked something on the stream of this very call (MCP 2025-11-25, transports). */
export const canBeAsked = (call: Call): boolean => call.client.era === 'legacy' && readsEventStreams(call);

/** Whether the client wants a task for its answer (MCP 2025-11-25, tasks). Since 2026-07-28 that is for the server to decide. */
export const asksForTask = ({
  client,
  target,
  message,
}: Pick<Call, 'client' | 'target' | 'message'>): boolean =>
  client.era === 'legacy' &&
  client.session.protocolVersion === '2025-11-25' &&
  target.kind === 'tool' &&
  message.params.has('task');

/** Whether anything of tasks has to be thought of. */
export const mayConcernTasks = (call: Pick<Call, 'client' | 'target' | 'message'>): boolean =>
  call.target.kind === 'task' ||
  (call.client.era === 'modern' ? followsTasks(call.client.envelope.capabilities) : asksForTask(call));

/** Whether the client takes an event stream for its answer, as it comes. */
export const readsEventStreams = ({
  headers: { accept },
  answer,
}: Pick<Call, 'headers' | 'answer'>): boolean =>
  answer.isLive && (accept === undefined || EVENT_STREAM.test(accept));

const EVENT_STREAM = /(^|,)\s*(text\/event-stream|text\/\*|\*\/\*)\s*(;|,|$)/i;

/** Whether the client can send its user to a URL, and how its revision says so. */
export function urlElicitation(client: Client): 'input_required' | 'error' | 'none' {
  if (client.era === 'modern') return canOpenUrls(client.envelope.capabilities) ? 'input_required' : 'none';
  // -32042 came with 2025-11-25.
  return client.session.protocolVersion === '2025-11-25' && canOpenUrls(client.session.capabilities)
    ? 'error'
    : 'none';
}
