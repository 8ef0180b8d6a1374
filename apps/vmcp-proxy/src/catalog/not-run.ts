import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

const ASK_AGAIN_AFTER_MS = 5 * SECOND_MS;

/** Nobody's call was in what failed. */
export function notRun(error: unknown): GatehouseError {
  const failure = GatehouseError.from(error);
  if (failure.details['ran'] !== 'maybe') return failure;
  const details = { ...failure.details, ran: 'no' };
  return new GatehouseError(failure.code, failure.message, { details, cause: failure.cause });
}

/** That a client which comes for itself does not see what needs a person, is so. */
export const isTrouble = ({ code }: GatehouseError): boolean => code !== 'person_required';

/** That one token of a caller has ended says nothing of the next one. */
export const askedAgainAfterMs = ({ code }: GatehouseError): number =>
  code === 'token_invalid' ? 0 : ASK_AGAIN_AFTER_MS;
