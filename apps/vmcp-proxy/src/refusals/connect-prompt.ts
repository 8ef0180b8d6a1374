import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomUUID } from 'node:crypto';
import { toolText } from './tool-text.js';
import type { JsonObject, RpcError } from '../mcp/message.js';
import type { RawObject } from '../json/raw-json.js';
import { URL_ELICITATION_REQUIRED } from '../mcp/protocol.js';

export interface MissingProvider {
  readonly provider: string;
  readonly backend: string;
  readonly link: string;
  readonly error: GatehouseError;
  /** Of the line that the log has of it. */
  readonly reference: string;
}

export type Prompt = { readonly result: JsonObject } | { readonly error: RpcError };

/** What the user reads, with the number by which the log is searched. */
const shown = (missing: MissingProvider): string =>
  `${promptMessage(missing)} Reference: ${missing.reference}`;

/** What is asked of the user. */
export function promptMessage({ provider, backend, error }: MissingProvider): string {
  const { secret } = error.details;
  if (secret !== undefined)
    return error.code === 'connection_missing'
      ? `Enter your ${secret} to use "${backend}".`
      : `"${backend}" did not accept your ${secret}. Enter another one.`;
  switch (error.code) {
    case 'reauth_required':
      return `${provider} asks you to sign in again before "${backend}" can be used.`;
    case 'insufficient_scope':
      return `"${backend}" needs more access for this. Sign in at ${provider} again to allow it.`;
    default:
      return `Connect your ${provider} account to use "${backend}".`;
  }
}

/** 2026-07-28: a result that asks for input, one URL for each provider; the client comes back with `requestState`. */
export const inputRequired = (missing: readonly MissingProvider[], requestState: string): Prompt => ({
  result: {
    resultType: 'input_required',
    inputRequests: Object.fromEntries(
      missing.map((one) => [
        `connect_${one.provider}`,
        { method: 'elicitation/create', params: { mode: 'url', url: one.link, message: shown(one) } },
      ]),
    ),
    requestState,
  },
});

/** 2025-11-25: error -32042. */
export const elicitationError = (missing: readonly MissingProvider[]): Prompt => ({
  error: {
    code: URL_ELICITATION_REQUIRED,
    message: missing.map(shown).join(' '),
    data: {
      elicitations: missing.map((one) => ({
        mode: 'url',
        elicitationId: randomUUID(),
        url: one.link,
        message: shown(one),
      })),
    },
  },
});

/** Every other client: the link as a text that it can show to its user. */
export const linkAsText = (missing: readonly MissingProvider[]): JsonObject =>
  toolText(
    missing
      .map(
        (one) =>
          `${promptMessage(one)} Open this link in your browser, then call again:\n${one.link}\nReference: ${one.reference}`,
      )
      .join('\n\n'),
  );

/** Whether the user answered one of our questions with no (`decline`, `cancel`). */
export function declined(inputResponses: RawObject | undefined, provider: string): boolean {
  const response = inputResponses?.get(`connect_${provider}`)?.object();
  const action = response?.get('action')?.text();
  return action === 'decline' || action === 'cancel';
}
