import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { errors } from 'oidc-provider';

/** The person has to sign in again before anything more is known. */
const OVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'session_closed',
  'connection_missing',
  'reauth_required',
]);
/** A client that asks again loses nothing. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['provider_unavailable', 'deadline_exceeded']);

/**
 * What the vault says of a person, as a token endpoint says it.
 * @throws {errors.InvalidGrant} when the person has to sign in again @throws {GatehouseError}
 */
export async function asGrant<Value>(asked: () => Promise<Value>): Promise<Value> {
  try {
    return await asked();
  } catch (error) {
    if (error instanceof errors.InvalidGrant) throw error;
    const { code, message } = GatehouseError.from(error);
    if (OVER.has(code)) throw new errors.InvalidGrant('the provider asks for a new sign-in');
    if (PASSING.has(code)) throw new GatehouseError('unavailable', message, { cause: error });
    throw error;
  }
}
