import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { connectLink } from '../refusals/connect-link.js';
import {
  elicitationError,
  inputRequired,
  linkAsText,
  promptMessage,
  type MissingProvider,
} from '../refusals/connect-prompt.js';
import type { RequestStates } from '../refusals/request-state.js';
import { JSON_TYPE, type AnswerHeaders } from '../mcp/answer.js';
import { errorText, resultText, type JsonObject, type RpcError } from '../mcp/message.js';
import { GATEWAY_FAILURE, INVALID_PARAMS, RESOURCE_NOT_FOUND } from '../mcp/protocol.js';
import { needsUser } from '../outgoing-auth/strategy.js';
import { asksForTask, urlElicitation, type Call } from './call.js';
import type { StateFault } from './parked-calls.flow.js';
import { failureText, retryAdvice, type RetryAdvice } from '../refusals/failure-text.js';
import { statusOfError } from './translate-answer.js';
import { toolText } from '../refusals/tool-text.js';

const STATE_FAULTS: Readonly<Record<StateFault, string>> = {
  foreign:
    'requestState does not belong to this request: repeat it with the parameters and the state that it had',
  expired: 'requestState has expired, and its call is over; it is not known whether it was done',
  over: 'requestState was answered already, or its call is over; it is not known whether it was done',
};
const STATE_ADVICE: Readonly<Record<StateFault, RetryAdvice>> = {
  foreign: 'never',
  expired: 'check-first',
  over: 'check-first',
};

interface HowTold {
  /** The user was asked just now, and said no. */
  readonly declined?: boolean;
  /** Of the line that the log has of it. */
  readonly reference: string;
}

/** Answers calls that no backend answered. */
export class Failures {
  constructor(
    /** Issuer of the embedded authorization server: it has the connect page. */
    private readonly connectIssuer: string | undefined,
    readonly providersOf: (backend: string) => readonly string[],
    private readonly states: RequestStates,
  ) {}

  answer(call: Call, backend: string, error: GatehouseError, told: HowTold): void {
    const { declined = false, reference } = told;
    const missing = this.#missing(call, backend, error, reference);
    if (missing !== undefined && !call.answer.begun) this.#prompt(call, missing, declined);
    else {
      const text = `${failureText(error, backend, this.#providerOf(backend, error))} Reference: ${reference}`;
      this.#fail(call, text, error, reference);
    }
  }

  /** Nothing of that name is listed for this caller. @param among backends that a resource may be of. */
  unknownName(call: Call, among: readonly string[] = []): void {
    const { target } = call;
    const isResource = target.kind === 'resource';
    const code = isResource && call.client.era === 'legacy' ? RESOURCE_NOT_FOUND : INVALID_PARAMS;
    sendError(call, {
      code,
      message: `there is no such ${target.kind === 'completion' ? target.of : target.kind}${howToAsk(among)}`,
      ...(isResource ? { data: { uri: target.name ?? '' } } : {}),
    });
  }

  /** The state of a parked call that this request cannot have. */
  refusedState(call: Call, fault: StateFault): void {
    sendError(call, {
      code: INVALID_PARAMS,
      message: STATE_FAULTS[fault],
      data: { retry: STATE_ADVICE[fault] },
    });
  }

  #missing(
    { principal }: Call,
    backend: string,
    error: GatehouseError,
    reference: string,
  ): MissingProvider | undefined {
    const provider = this.#providerOf(backend, error);
    if (!needsUser(error) || provider === undefined || this.connectIssuer === undefined) return undefined;
    const link = connectLink(this.connectIssuer, provider, principal);
    return { provider, backend, error, link, reference };
  }

  /** The one that the error is about, where the backend draws on several. */
  #providerOf(backend: string, { details }: GatehouseError): string | undefined {
    const providers = this.providersOf(backend);
    return providers.find((provider) => provider === details['provider']) ?? providers[0];
  }

  #prompt(call: Call, missing: MissingProvider, declined: boolean): void {
    const { kind } = call.target;
    // Every other result may ask for input (MCP 2026-07-28, multi round-trip requests).
    const form = declined || kind === 'completion' || kind === 'task' ? 'none' : urlElicitation(call.client);
    if (form === 'input_required') {
      const state = this.states.seal({ principalKey: call.principal.key, name: call.target.name ?? '' });
      const prompt = inputRequired([missing], state);
      if ('result' in prompt) sendResult(call, prompt.result);
    } else if (form === 'error') {
      const prompt = elicitationError([missing]);
      if ('error' in prompt) sendError(call, prompt.error);
    } else if (kind === 'tool' && !asksForTask(call)) sendResult(call, linkAsText([missing]));
    else {
      const { link, reference, error } = missing;
      const message = `${promptMessage(missing)} ${link}`;
      const data = { code: error.code, retry: 'after-action', url: link, reference };
      sendError(call, { code: GATEWAY_FAILURE, message, data });
    }
  }

  #fail(call: Call, text: string, error: GatehouseError, reference: string): void {
    const { retryAfterSeconds } = error.details;
    const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds: Number(retryAfterSeconds) };
    const data = { code: error.code, retry: retryAdvice(error), ...wait, reference };
    const rpcError: RpcError = { code: GATEWAY_FAILURE, message: text, data };
    if (!call.answer.begun) {
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': retryAfterSeconds };
      // Who wants a task reads no result of a tool.
      if (call.target.kind === 'tool' && !asksForTask(call)) sendResult(call, toolText(text), headers);
      else sendError(call, rpcError, headers);
      return;
    }
    // Half an event stream can still end with a response; half a JSON text cannot.
    if (call.answer.isEventStream) call.answer.lastMessage([errorText(call.message.id, rpcError)]);
    else call.answer.breakOff();
  }
}

/** Which of several backends is meant, nobody can tell but the client. */
const howToAsk = (among: readonly string[]): string =>
  among.length === 0
    ? ''
    : `, or it is not known whose it is. To ask one service for it, put the name of the service and a + before the URI: ${among.map((backend) => `${backend}+…`).join(', ')}`;

export function sendResult(
  { client, message, answer }: Call,
  result: JsonObject,
  headers?: AnswerHeaders,
): void {
  const complete = client.era === 'modern' ? { resultType: 'complete', ...result } : result;
  answer.whole(200, JSON_TYPE, resultText(message.id, complete), headers);
}

function sendError({ client, message, answer }: Call, error: RpcError, headers?: AnswerHeaders): void {
  answer.whole(statusOfError(client, error), JSON_TYPE, errorText(message.id, error), headers);
}
