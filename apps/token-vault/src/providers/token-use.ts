import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { KeepFailed, type KeepAnswer } from './tapped-fetch.js';
import type { TokenAnswer } from './token-answer.js';
import type { Grant } from './token-dialect.js';
import {
  newProgress,
  upstreamFailure,
  type TokenRequestProgress,
  type UpstreamFailure,
} from './upstream-failure.js';

/** One use of the token endpoint. */
export interface TokenUse {
  readonly grant: Grant;
  readonly progress: TokenRequestProgress;
  readonly keep?: KeepAnswer | undefined;
  readonly cutOff?: AbortSignal | undefined;
  /** As soon as there is one. */
  answer?: TokenAnswer;
}

export const newUse = (grant: Grant, keep?: KeepAnswer, cutOff?: AbortSignal): TokenUse => ({
  grant,
  progress: newProgress(),
  keep,
  cutOff,
});

export const receivedAtMs = ({ answer }: TokenUse): number => answer?.receivedAtMs ?? 0;

/** @throws what kept an answer from being stored */
export function failureOf(error: unknown, progress: TokenRequestProgress): UpstreamFailure {
  for (let current = error; current instanceof Error; current = current.cause)
    if (current instanceof KeepFailed) throw current.cause;
  // These come from the discovery, which has logged them.
  if (error instanceof GatehouseError && error.code === 'provider_unavailable')
    return { kind: 'unreachable' };
  if (error instanceof GatehouseError && error.code === 'provider_misconfigured')
    return { kind: 'misconfigured' };
  return upstreamFailure(error, progress);
}
