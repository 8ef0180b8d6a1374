import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { BackendVersion } from '../mcp/protocol.js';
import type { Peer } from './peer.js';

export type Era = Peer['era'];

/** How a backend speaks one era. */
export type Spoken =
  | { readonly kind: 'modern' }
  | { readonly kind: 'stateless'; readonly version: BackendVersion }
  /** `version`: of the last session that was begun. */
  | { readonly kind: 'sessions'; readonly version: BackendVersion };

/** The backend does not speak that era. It may be updated, so this is asked again. */
interface Absent {
  readonly kind: 'absent';
  askAgainAtMs: number;
}

type Facts = Readonly<Record<Era, Spoken | Absent | undefined>>;

const ABSENT_FOR_MS = 10 * MINUTE_MS;
/** Silence, an outage, and a refusal where there was none before, say less. */
const UNCLEAR_FOR_MS = MINUTE_MS;

const NOTHING: Facts = { modern: undefined, legacy: undefined };

/** What was found out about each backend, one fact for each era; the same for every caller. */
export class KnownEras {
  readonly #facts = new Map<string, Facts>();

  constructor(private readonly nowMs: () => number) {}

  /** How to speak to the backend for a client of that era; `undefined`: something has to be asked first. */
  choice(backend: string, era: Era, canBeAsked: boolean): Spoken | undefined {
    const facts = this.#facts.get(backend) ?? NOTHING;
    const own = facts[era];
    const other = facts[otherThan(era)];
    // Without a session a backend of an earlier revision cannot ask its client anything. A modern one can.
    if (own?.kind === 'stateless' && canBeAsked && other?.kind === 'modern') return other;
    if (own === undefined || own.kind !== 'absent') return own;
    return other?.kind === 'absent' ? undefined : other;
  }

  /** How the backend speaks the era, as far as that is known. */
  spoken(backend: string, era: Era): Spoken | undefined {
    const fact = this.#facts.get(backend)?.[era];
    return fact?.kind === 'absent' ? undefined : fact;
  }

  /** The eras that the backend is known to speak. */
  of(backend: string): readonly Era[] {
    return ERAS.filter((era) => this.spoken(backend, era) !== undefined);
  }

  /** Both eras in the order in which to ask for them: first the client's own, but what is taken for absent last. */
  inOrder(backend: string, era: Era): readonly Era[] {
    const facts = this.#facts.get(backend) ?? NOTHING;
    const other = otherThan(era);
    return facts[era]?.kind === 'absent' && facts[other]?.kind !== 'absent' ? [other, era] : [era, other];
  }

  found(backend: string, spoken: Spoken): void {
    this.#set(backend, spoken.kind === 'modern' ? 'modern' : 'legacy', spoken);
  }

  /** @param isClear the backend said so, in a way that does not pass. */
  missing(backend: string, era: Era, isClear: boolean): void {
    const wasSpoken = this.spoken(backend, era) !== undefined;
    const forMs = isClear && !wasSpoken ? ABSENT_FOR_MS : UNCLEAR_FOR_MS;
    this.#set(backend, era, { kind: 'absent', askAgainAtMs: this.nowMs() + forMs });
  }

  forget(backend: string, era: Era): void {
    this.#set(backend, era, undefined);
  }

  /** Whether somebody should look whether an absent era has come; the others need not for a while. */
  isDue(backend: string, era: Era): boolean {
    const fact = this.#facts.get(backend)?.[era];
    if (fact?.kind !== 'absent') return false;
    const nowMs = this.nowMs();
    if (nowMs < fact.askAgainAtMs) return false;
    fact.askAgainAtMs = nowMs + UNCLEAR_FOR_MS;
    return true;
  }

  #set(backend: string, era: Era, fact: Facts[Era]): void {
    this.#facts.set(backend, { ...(this.#facts.get(backend) ?? NOTHING), [era]: fact });
  }
}

const ERAS: readonly Era[] = ['modern', 'legacy'];
const otherThan = (era: Era): Era => (era === 'modern' ? 'legacy' : 'modern');
