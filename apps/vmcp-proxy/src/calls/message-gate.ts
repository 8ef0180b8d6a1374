import type { BackendMessage } from '../backends/backend-message.js';
import type { HeldValue, Pieces } from '../json/held-value.js';
import { isSameId, type RequestId } from '../mcp/message.js';
import type { Client } from './call.js';
import type { CallRecord } from './call-record.js';
import type { CallTarget } from './call-target.js';
import { allDeclared } from './declared.js';
import type { DropReason } from './dropped-messages.js';
import { inputRequiredIn, type InputRequired } from './input-required.js';
import { AMBIGUOUS, type TaskRelay } from './task-relay.js';
import type { ParkedCall } from './parked-call.flow.js';
import { foreignStateMarked } from '../refusals/foreign-state.js';
import type { RequestsInCall } from './requests-in-call.flow.js';
import {
  asksForInput,
  inputRefused,
  isTask,
  MAX_INPUT_REQUIRED_BYTES,
  translateError,
  taskRefused,
  translateResult,
  type Outcome,
} from './translate-answer.js';

/** What becomes of one message that a backend sent on the stream of a call. */
export type Verdict =
  /** The response; `errorCode` is that of an error. */
  | { readonly kind: 'response'; readonly text: Pieces; readonly errorCode: number | undefined }
  | { readonly kind: 'other'; readonly text: Pieces }
  /** In the place of the response: the client is asked, and the call is sent again. */
  | { readonly kind: 'input'; readonly asked: InputRequired }
  /** The gateway answered it itself, or asks the client in another way. */
  | { readonly kind: 'answered' }
  /** The response is kept: nobody waits for it at the moment. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

export interface GateFacts {
  readonly client: Client;
  readonly target: Pick<CallTarget, 'kind'>;
  /** The client's own id, which is the one that goes out. */
  readonly id: RequestId;
  /** The id that the backend was given. */
  readonly sentId: RequestId;
  /** What the client named its progress by; absent: it wants none. */
  readonly progressToken: RequestId;
  /** What the backend was told that it is, where a client comes back for a call with another token. */
  readonly sentProgressToken?: RequestId;
  /** Where the client comes back for its call. */
  readonly parked?: Pick<ParkedCall, 'isParked' | 'keep'>;
  /** The backend speaks another revision than the client. */
  readonly translated: boolean;
  /** The client can be asked by requests on this stream. */
  readonly live?: boolean;
  /** Callers who cannot be told apart share the stream that the answer is cut out of. */
  readonly isShared?: boolean;
  /** Called at each sign of progress that is the client's. */
  readonly progressed?: () => void;
  /** Called when the backend says that its lists are others now. */
  readonly listsChanged?: () => void;
  /** Notes how it ended. */
  readonly record?: CallRecord | undefined;
  /** Where a task may come of it, or is asked about. */
  readonly tasks?: TaskRelay | undefined;
  /** Called with the result before it goes on. */
  readonly resulted?: (result: HeldValue) => void;
}

const dropped = (reason: DropReason): Verdict => ({ kind: 'dropped', reason });

const MAX_WORD_BYTES = 1_024;
const PROGRESS_TOKEN = new Set(['progressToken']);
const REQUEST_ID = new Set(['requestId']);

/**
 * Decides what a client sees of the messages on the stream of its call. A client takes a message for what its ids and tokens
 * say, whichever stream it came on: so none of them is left to the backend. What goes out is written anew around the bytes
 * of the result, which are not touched.
 */
export class MessageGate {
  constructor(
    private readonly facts: GateFacts,
    private readonly requests: RequestsInCall,
  ) {}

  /** @param message `undefined`: what came is no message. @param isBeside it came on the stream of the session. */
  judge(message: BackendMessage | undefined, isBeside = false): Verdict {
    switch (message?.kind) {
      case undefined:
        return dropped('malformed');
      case 'notification':
        return this.#notification(message.method, message.params);
      case 'request':
        return this.#request(message, isBeside);
      case 'result':
      case 'error':
        return this.#response(message);
    }
  }

  #request(message: Extract<BackendMessage, { kind: 'request' }>, isBeside: boolean): Verdict {
    const taken = this.requests.take(message, isBeside);
    if (taken === 'answered') return { kind: 'answered' };
    return typeof taken === 'string' ? dropped(taken) : { kind: 'other', text: taken };
  }

  #response(message: Extract<BackendMessage, { kind: 'result' | 'error' }>): Verdict {
    // An error without an id is about what the backend could not read: on this stream, this very request.
    const isOurs =
      isSameId(message.id, this.facts.sentId) || (message.kind === 'error' && message.id === undefined);
    if (!isOurs) return dropped('foreign_response');
    const asked = message.kind === 'result' ? this.#inputRequired(message.result) : undefined;
    if (asked !== undefined) return { kind: 'input', asked };
    this.#note(message);
    const { parked } = this.facts;
    if (parked?.isParked !== true) return this.#respond(message);
    const { byteLength } = message.kind === 'result' ? message.result : message.error;
    parked.keep(byteLength, () => this.#respond(message));
    return { kind: 'kept' };
  }

  #note(message: Extract<BackendMessage, { kind: 'result' | 'error' }>): void {
    const { record, target } = this.facts;
    if (record === undefined) return;
    if (message.kind === 'error') record.errorCode = message.parsed.code;
    else if (target.kind === 'tool')
      record.isToolError = message.result.member('isError')?.parsed(MAX_WORD_BYTES) === true;
  }

  #respond(message: Extract<BackendMessage, { kind: 'result' | 'error' }>): Verdict {
    if (message.kind === 'result') {
      const { tasks, resulted } = this.facts;
      resulted?.(tasks?.toolResult(message.result) ?? message.result);
    }
    const outcome = this.#outcome(message);
    if (outcome === undefined) return dropped('malformed');
    const text = responseText(this.facts.id, outcome);
    return { kind: 'response', text, errorCode: outcome.member === 'error' ? outcome.code : undefined };
  }

  #outcome(message: Extract<BackendMessage, { kind: 'result' | 'error' }>): Outcome | undefined {
    if (message.kind === 'error') {
      if (this.facts.translated) return translateError(message.parsed, this.facts);
      this.requests.askedByError(message.parsed);
      return { member: 'error', value: message.error.pieces, code: message.parsed.code };
    }
    const { result } = message;
    const { tasks, client, translated } = this.facts;
    // Such a client does by its members what is done here: it gets none of which it may take another one.
    if (client.era === 'modern' && !translated && result.isAmbiguous) return AMBIGUOUS;
    const told = tasks?.outcome(result);
    if (told !== undefined) return told === 'undeclared' ? inputRefused(this.facts) : told;
    if (isTask(result)) return taskRefused(this.facts);
    if (translated) return translateResult(result, this.facts);
    if (!this.#mayAsk(result)) return inputRefused(this.facts);
    const asksModern = this.facts.client.era === 'modern' && asksForInput(result);
    return { member: 'result', value: asksModern ? foreignStateMarked(result) : result.pieces };
  }

  /** What a result asks of a client of an earlier revision. */
  #inputRequired(result: HeldValue): InputRequired | undefined {
    const { client, translated, live } = this.facts;
    return live === true && translated && client.era === 'legacy' && asksForInput(result)
      ? inputRequiredIn(result, client.session)
      : undefined;
  }

  /** Since 2026-07-28 a server asks by its result. */
  #mayAsk(result: HeldValue): boolean {
    const { client } = this.facts;
    if (client.era === 'legacy' || !asksForInput(result)) return true;
    const asked = result.member('inputRequests');
    return (
      asked === undefined || allDeclared(asked.parsed(MAX_INPUT_REQUIRED_BYTES), client.envelope.capabilities)
    );
  }

  #notification(method: string, params: HeldValue | undefined): Verdict {
    if (this.facts.parked?.isParked === true && method !== 'notifications/cancelled')
      return dropped('while_parked');
    switch (method) {
      case 'notifications/progress':
        return this.#progress(params);
      case 'notifications/cancelled':
        return this.#cancelled(params);
      case 'notifications/message':
        if (this.facts.isShared === true) return dropped('shared_session');
        return this.#wantsLogs() ? passedOn(method, params?.pieces) : dropped('unexpected_notification');
      case 'notifications/tasks/status': {
        const status = this.facts.tasks?.status(params);
        return status === undefined ? dropped('unexpected_notification') : passedOn(method, status);
      }
      case 'notifications/elicitation/complete': {
        const elicitationId = params?.member('elicitationId')?.parsed(MAX_WORD_BYTES);
        const isOurs = params?.isAmbiguous === false && this.requests.hasElicited(elicitationId);
        return isOurs ? passedOn(method, params.pieces) : dropped('unexpected_notification');
      }
      case 'notifications/tools/list_changed':
      case 'notifications/prompts/list_changed':
      case 'notifications/resources/list_changed':
        // Before the client hears of it: it may ask at once.
        this.facts.listsChanged?.();
        // Later revisions have a stream of their own for these.
        return this.facts.client.era === 'legacy' && !this.facts.translated
          ? passedOn(method, params?.pieces)
          : dropped('unexpected_notification');
      default:
        return dropped('unexpected_notification');
    }
  }

  #progress(params: HeldValue | undefined): Verdict {
    const { progressToken, sentProgressToken = progressToken } = this.facts;
    const given = params?.member('progressToken')?.parsed(MAX_WORD_BYTES);
    if (params === undefined || progressToken === undefined || !isSameId(given, sentProgressToken))
      return dropped('foreign_progress');
    this.facts.progressed?.();
    const named = { progressToken: JSON.stringify(progressToken) };
    return passedOn('notifications/progress', params.replacing(PROGRESS_TOKEN, named));
  }

  #cancelled(params: HeldValue | undefined): Verdict {
    const given = params?.member('requestId')?.parsed(MAX_WORD_BYTES);
    const requestId = this.requests.idAtClient(given);
    if (params === undefined || requestId === undefined) return dropped('foreign_cancellation');
    if (this.requests.takeBack(requestId)) return { kind: 'answered' };
    const named = { requestId: JSON.stringify(requestId) };
    return passedOn('notifications/cancelled', params.replacing(REQUEST_ID, named));
  }

  /** Since 2026-07-28 log messages are sent to those who asked for them in this very request. */
  #wantsLogs(): boolean {
    const { client } = this.facts;
    return client.era === 'legacy' || client.envelope.logLevel !== undefined;
  }
}

/** @param id the client's own. */
export const responseText = (id: RequestId, { member, value }: Outcome): Pieces => [
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"${member}":`,
  ...value,
  '}',
];

function passedOn(method: string, params: Pieces | undefined): Verdict {
  const written = params === undefined ? [] : [',"params":', ...params];
  return { kind: 'other', text: [`{"jsonrpc":"2.0","method":"${method}"`, ...written, '}'] };
}
