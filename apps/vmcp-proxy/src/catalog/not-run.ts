import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/** Nobody's call was in what failed. */
export function notRun(error: unknown): GatehouseError {
  const failure = GatehouseError.from(error);
  if (failure.details['ran'] !== 'maybe') return failure;
  const details = { ...failure.details, ran: 'no' };
  return new GatehouseError(failure.code, failure.message, { details, cause: failure.cause });
}

/** That a client which comes for itself does not see what needs a person, is so. */
export const isTrouble = ({ code }: GatehouseError): boolean => code !== 'person_required';
