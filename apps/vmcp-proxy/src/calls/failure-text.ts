import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

export type RetryAdvice = 'safe' | 'check-first' | 'after-action' | 'never';

/** Whether the same call may be sent again. A call that may have run is never safe, whatever went wrong after it was sent. */
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

/** What a client reads: the backend's configured name, the public text, what a retry can do, and the code. */
export const failureText = (error: GatehouseError, backend: string): string =>
  `${backend}: ${error.publicText} ${ADVICE[retryAdvice(error)]} (${error.code})`;
