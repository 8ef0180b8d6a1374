import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Principal } from '../incoming-auth/principal.js';

const ASK_AGAIN_AFTER_MS = 5 * SECOND_MS;
const SAME_TOKEN_AGAIN_AFTER_MS = SECOND_MS;

/** Nobody's call was in what failed. */
export function notRun(error: unknown): GatehouseError {
  const failure = GatehouseError.from(error);
  if (failure.details['ran'] !== 'maybe') return failure;
  const details = { ...failure.details, ran: 'no' };
  return new GatehouseError(failure.code, failure.message, { details, cause: failure.cause });
}

/** That a client which comes for itself does not see what needs a person, is so. */
export const isTrouble = ({ code }: GatehouseError): boolean => code !== 'person_required';

interface Outcome {
  readonly failure: Pick<GatehouseError, 'code'> | undefined;
  /** For whom it was asked for, with the token of then. */
  readonly askedFor: Pick<Principal, 'token'> | undefined;
}

/** How long an outcome stands, for whoever comes now. That one token of a caller has ended says nothing of the next one. */
export function standsForMs(
  { failure, askedFor }: Outcome,
  { token }: Pick<Principal, 'token'>,
  freshForMs: number,
): number {
  if (failure === undefined) return freshForMs;
  if (failure.code !== 'token_invalid') return ASK_AGAIN_AFTER_MS;
  return askedFor?.token?.reveal() === token?.reveal() ? SAME_TOKEN_AGAIN_AFTER_MS : 0;
}
