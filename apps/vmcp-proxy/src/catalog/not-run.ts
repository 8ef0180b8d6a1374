import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Principal } from '../incoming-auth/principal.js';
import type { BackendLists } from './definitions.js';

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
  readonly failure: GatehouseError | undefined;
  /** For whom it was asked for, with the token of then. */
  readonly askedFor: Caller | undefined;
}

type Caller = Pick<Principal, 'token'>;

export const hasTokenEnded = ({ failure }: Pick<Outcome, 'failure'>): boolean =>
  failure?.code === 'token_invalid';

/** That one token of a caller has ended says nothing of the next one. */
export const isOfAnotherToken = (outcome: Outcome, { token }: Caller): boolean =>
  hasTokenEnded(outcome) && outcome.askedFor?.token?.reveal() !== token?.reveal();

/** How long an outcome stands, for whoever comes now. */
export function standsForMs(outcome: Outcome, caller: Caller, freshForMs: number): number {
  if (outcome.failure === undefined) return freshForMs;
  if (!hasTokenEnded(outcome)) return ASK_AGAIN_AFTER_MS;
  return isOfAnotherToken(outcome, caller) ? 0 : SAME_TOKEN_AGAIN_AFTER_MS;
}

/** What is wrong, as far as it concerns this caller. @param known the lists that are shown. */
export function failureFor(
  outcome: Outcome,
  caller: Caller,
  known: Pick<BackendLists, 'missing'> | undefined,
): GatehouseError | undefined {
  if (!isOfAnotherToken(outcome, caller)) return outcome.failure;
  return known?.missing === undefined ? undefined : notRun(known.missing);
}

/** Whether this caller has been told all that the backend says now: nothing is on its way, and nothing is worth another look. */
export const isSaid = (outcome: Outcome & { readonly askedAtMs: number }, caller: Caller): boolean =>
  outcome.askedAtMs > 0 && outcome.failure?.facts.retry !== 'safe' && !isOfAnotherToken(outcome, caller);
