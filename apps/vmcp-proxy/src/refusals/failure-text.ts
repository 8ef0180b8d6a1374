import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

export type RetryAdvice = 'safe' | 'check-first' | 'after-action' | 'never';

/** Whether the same call may be sent again. A call that may have run is never safe to repeat. */
export function retryAdvice(error: GatehouseError): RetryAdvice {
  if (error.details['ran'] === 'maybe') return 'check-first';
  return error.facts.retry;
}

const ADVICE: Readonly<Record<RetryAdvice, string>> = {
  safe: 'Nothing was done; it is safe to try again.',
  'check-first': 'It is not known whether it was done; check before trying again.',
  'after-action': 'Nothing was done; trying again helps once this is mended.',
  never: 'Nothing was done, and trying again does not help.',
};

/** Codes that are about a provider, or about what is exchanged for its token. */
const OF_PROVIDER: ReadonlySet<ErrorCode> = new Set([
  'connection_missing',
  'reauth_required',
  'insufficient_scope',
  'provider_unavailable',
  'provider_misconfigured',
  'exchange_refused',
  'exchange_unavailable',
  'role_missing',
]);

/** The public text, with the provider that it is about: "the provider" alone would not tell the user which one. */
export function reasonText(error: GatehouseError, provider = error.details['provider']): string {
  const { target } = error.details;
  if (error.code === 'backend_redirects' && target !== undefined)
    return `${error.publicText} It leads to ${target}.`;
  return provider === undefined || !OF_PROVIDER.has(error.code)
    ? error.publicText
    : `${error.publicText} Provider: ${provider}.`;
}

/** What a client reads: the backend's configured name, the reason, what a retry can do, and the code. */
export const failureText = (error: GatehouseError, backend: string, provider?: string): string =>
  `${backend}: ${reasonText(error, provider)} ${ADVICE[retryAdvice(error)]} (${error.code})`;
