import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import { HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';

/** For so long whoever verifies tokens may keep the published keys: `max-age` of the JWKS. */
export const KEY_SET_MAX_AGE_MS: number = HOUR_MS;

/** Replicas look at the keys at different moments, and whoever fetched them is on the way with them. */
const MARGIN_MS = 10 * MINUTE_MS;

/** A key is published for this long before it signs. */
export const PUBLISHED_BEFORE_MS: number = KEY_SET_MAX_AGE_MS + MARGIN_MS;

/** A key that the server made, as the database has it; times count from now. */
export interface KeptKey {
  readonly kid: string;
  readonly alg: string;
  /** Until it signs. Zero or less: it does, for so long. */
  readonly signsInMs: number;
  /** Until it signs no more; `null` while nothing takes its place. */
  readonly signsForMs: number | null;
  /** Somebody wants another one in its place. */
  readonly isAsked: boolean;
  /** Its private part is there, and opens here. */
  readonly canSign: boolean;
}

/** What has to be done with the keys of one algorithm. */
export type KeyStep =
  /** A new key that signs after so long; those named sign until then. `isFirst`: there never was one of this algorithm. */
  | {
      readonly kind: 'make';
      readonly alg: SigningAlgorithm;
      readonly inMs: number;
      readonly instead: readonly string[];
      readonly isFirst: boolean;
    }
  /** The next key signs from now on, because nothing else does. */
  | { readonly kind: 'hasten'; readonly kid: string }
  /** They sign no more: a newer one does. */
  | { readonly kind: 'end'; readonly kids: readonly string[] };

interface RotationRules {
  readonly algorithms: readonly SigningAlgorithm[];
  /** How long a key signs; absent: until somebody wants another one. */
  readonly lifespanMs?: number | undefined;
}

/** What has to be done now; nothing most of the time. At most one step for each algorithm: the next look sees what is left. */
export const rotationPlan = (
  keys: readonly KeptKey[],
  { algorithms, lifespanMs = Infinity }: RotationRules,
): readonly KeyStep[] =>
  algorithms.flatMap((alg) => {
    const step = stepFor(
      alg,
      keys.filter((key) => key.alg === alg),
      lifespanMs,
    );
    return step === undefined ? [] : [step];
  });

function stepFor(alg: SigningAlgorithm, keys: readonly KeptKey[], lifespanMs: number): KeyStep | undefined {
  const able = keys.filter(({ canSign }) => canSign);
  const [next] = able.filter(isNext).sort((one, other) => one.signsInMs - other.signsInMs);
  const [current, ...older] = able.filter(isCurrent).sort((one, other) => other.signsInMs - one.signsInMs);
  if (current === undefined)
    return next === undefined
      ? { kind: 'make', alg, inMs: 0, instead: [], isFirst: keys.length === 0 }
      : { kind: 'hasten', kid: next.kid };
  const endless = older.filter(({ signsForMs }) => signsForMs === null);
  // One that was lost for a while, and opens again.
  if (endless.length > 0) return { kind: 'end', kids: endless.map(({ kid }) => kid) };
  const isOld = -current.signsInMs >= lifespanMs - PUBLISHED_BEFORE_MS;
  if (next !== undefined || !(current.isAsked || isOld)) return undefined;
  return { kind: 'make', alg, inMs: PUBLISHED_BEFORE_MS, instead: [current.kid], isFirst: false };
}

const isNext = ({ signsInMs }: KeptKey): boolean => signsInMs > 0;

const isCurrent = ({ signsInMs, signsForMs }: KeptKey): boolean =>
  signsInMs <= 0 && (signsForMs === null || signsForMs > 0);
