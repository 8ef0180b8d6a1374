import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import type { Queries } from '@gatehouse/persistence/database';
import { CONFIG } from '@gatehouse/service-process/injected';
import { KeyringStore } from './keyring.store.js';
import { rotationPlan, type KeyStep } from './rotation-plan.js';
import { SealedSigningKeys } from './sealed-signing-keys.js';
import { OWN_ALGORITHMS, type PublicKey, type SigningKey } from './signing-key.js';
import { SigningKeyStore, type SigningKeyRow, type Waits } from './signing-key.store.js';
import type { TimedKey } from './signing-keys.js';

/** Replicas change keys within seconds of each other, and a logout token lives for two minutes. */
const MARGIN_MS = 5 * MINUTE_MS;

const ALGORITHMS = OWN_ALGORITHMS.map(({ alg }) => alg);

interface OpenedKey {
  readonly row: SigningKeyRow;
  readonly key: PublicKey | SigningKey;
}

/**
 * The keys that the server makes by itself, in the database: when each is made, signs, and goes. Every replica looks, and finds the
 * same; whoever comes first does what has to be done (ADR 76).
 */
@Injectable()
export class KeptSigningKeys {
  constructor(
    private readonly store: SigningKeyStore,
    private readonly sealed: SealedSigningKeys,
    private readonly keyring: KeyringStore,
    private readonly log: Log,
    @Inject(CONFIG)
    private readonly config: Pick<
      AuthorizationServerPart,
      'tokenLifespans' | 'clientRegistration' | 'signingKeyLifespanMs'
    >,
  ) {}

  /** Does what has to be done. @returns the keys as they are afterwards; there is one of each algorithm that signs. */
  async look(): Promise<readonly TimedKey[]> {
    let keys = await this.sealed.open(await this.store.all());
    if (this.#plan(keys).length > 0)
      keys = await this.store.alone(async (tx) => {
        // Another replica may have been faster.
        for (const step of this.#plan(await this.sealed.open(await this.store.all(tx))))
          await this.#do(tx, step);
        return await this.sealed.open(await this.store.all(tx));
      });
    const waits = this.#waits;
    if (keys.some(({ row }) => isShort(row, waits))) await this.store.waitLonger(waits);
    const nowMs = performance.now();
    return keys.map((one) => timed(one, nowMs));
  }

  #plan(keys: readonly OpenedKey[]): readonly KeyStep[] {
    const { signingKeyLifespanMs: lifespanMs } = this.config;
    return rotationPlan(
      keys.map(({ row, key }) => ({ ...row, canSign: 'sign' in key })),
      { algorithms: ALGORITHMS, lifespanMs },
    );
  }

  async #do(tx: Queries, step: KeyStep): Promise<void> {
    switch (step.kind) {
      case 'make':
        await this.#make(tx, step);
        break;
      case 'hasten':
        await this.store.signsNow(tx, step.kid);
        break;
      case 'end':
        await this.store.end(tx, step.kids);
        break;
    }
  }

  async #make(
    tx: Queries,
    { alg, inMs, instead, isFirst }: Extract<KeyStep, { kind: 'make' }>,
  ): Promise<void> {
    const own = OWN_ALGORITHMS.find((one) => one.alg === alg);
    if (own === undefined) throw new Error(`nothing makes keys for ${alg}`);
    const { earlierName, make } = own;
    // An earlier release may have made it, and may run beside this one.
    const earlier = isFirst ? await this.keyring.find(tx, earlierName) : undefined;
    const known = earlier && { ...(await this.sealed.seal(earlier)), earlierName };
    const times = { inMs, instead, waits: this.#waits };
    // That very key may be there and not open, because its key-encryption key is gone: then another one signs.
    const isKnown = known !== undefined && (await this.store.add(tx, known, times));
    const key = isKnown ? known : await this.sealed.seal(await make());
    if (!isKnown) await this.store.add(tx, key, times);
    this.log.info('signing-key-made', {
      keyId: key.kid,
      algorithm: alg,
      signsInSeconds: inMs / SECOND_MS,
    });
  }

  /** Of everything that a key signs, what lives longest, as far as the configuration says. */
  get #waits(): Waits {
    const { tokenLifespans, clientRegistration } = this.config;
    const lifespansMs = [
      tokenLifespans.accessTokenLifespanMs,
      ...clientRegistration.clients.flatMap(({ tokenExchange, identityAssertions }) => [
        tokenExchange?.lifespanMs ?? 0,
        identityAssertions?.lifespanMs ?? 0,
      ]),
    ];
    const publishedMs = Math.max(...lifespansMs) + CLOCK_TOLERANCE_SECONDS * SECOND_MS + MARGIN_MS;
    return { publishedMs, keptMs: Math.max(publishedMs, tokenLifespans.sessionLifespanMs) };
  }
}

const isShort = ({ signsForMs, waits: known }: SigningKeyRow, waits: Waits): boolean =>
  (signsForMs === null || signsForMs > 0) &&
  (known.publishedMs < waits.publishedMs || known.keptMs < waits.keptMs);

const timed = ({ row, key }: OpenedKey, nowMs: number): TimedKey => ({
  key,
  signsFromMs: nowMs + row.signsInMs,
  signsUntilMs: nowMs + (row.signsForMs ?? Infinity),
  publishedUntilMs: nowMs + (row.publishedForMs ?? Infinity),
});
