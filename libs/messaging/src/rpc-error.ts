import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { isErrorCode } from '@gatehouse/kernel/error-codes';
import { type ErrorDetails, GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { z } from 'zod';

/** What is sent of an error: its code and its public details. The internal text stays in the service that threw it. */
export interface RpcError {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

const rpcError = z.object({
  code: z.string().refine(isErrorCode),
  details: z.record(z.string(), z.string()).default({}),
});

/** Any request may be late, or need a part that is unavailable. */
const ALWAYS: readonly ErrorCode[] = ['deadline_exceeded', 'unavailable'];

/** @param allowed the codes of the contract; another one is a bug of the answering service and crosses as `internal`. */
export function toRpcError(error: GatehouseError, allowed: readonly ErrorCode[]): RpcError {
  if (ALWAYS.includes(error.code) || allowed.includes(error.code))
    return { code: error.code, details: error.details };
  return { code: 'internal', details: {} };
}

export function fromRpcError(value: unknown, subject: string): GatehouseError {
  const parsed = rpcError.safeParse(value);
  if (!parsed.success) return new GatehouseError('internal', `${subject} failed without a code`);
  return new GatehouseError(parsed.data.code, `${subject} answered ${parsed.data.code}`, {
    details: parsed.data.details,
  });
}
