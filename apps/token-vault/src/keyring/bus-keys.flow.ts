import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import {
  MessageNotForUs,
  MessageOpener,
  newMessageKeyPair,
  type MessageKeyPair,
  type PublicMessageKey,
} from '@gatehouse/sealing/message-sealing';
import { z } from 'zod';
import { CLOCK } from '@gatehouse/service-process/injected';
import { BusKeyStore, type BusKeyRow } from './bus-key.store.js';
import { busKeyOwner, Keyring } from './keyring.js';

const privateJwk = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('X25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
});

interface LivePair extends MessageKeyPair {
  readonly useForMs: number;
}

interface Loaded {
  readonly opener: MessageOpener;
  readonly current: { readonly key: PublicMessageKey; readonly useUntilMs: number };
  readonly atMs: number;
}

/** The keys are loaded again after this time: another replica may have rotated them. */
const KEEP_MS = MINUTE_MS;
/** An unknown key id loads the keys again, but not more often than this. */
const LOOK_AGAIN_MS = SECOND_MS;

/** The key pairs for requests that carry a secret. All replicas share them; they are rotated daily. */
@Injectable()
export class BusKeys {
  #loaded: Loaded | undefined;
  readonly #loading = new SingleFlight<'keys', Loaded>();

  constructor(
    private readonly store: BusKeyStore,
    private readonly keyring: Keyring,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async current(): Promise<Loaded['current']> {
    return (await this.#keys(KEEP_MS)).current;
  }

  /** @throws {GatehouseError} `request_invalid` when the message is not for us or holds something else. */
  async open<Shape extends z.ZodType>(shape: Shape, message: string): Promise<z.output<Shape>> {
    const value = await this.#open(message);
    const parsed = shape.safeParse(value);
    if (!parsed.success)
      throw new GatehouseError('request_invalid', 'the sealed part of the request has the wrong shape');
    return parsed.data;
  }

  async #open(message: string): Promise<unknown> {
    try {
      return await (await this.#keys(KEEP_MS)).opener.open(message);
    } catch (error) {
      if (!(error instanceof MessageNotForUs)) throw error;
    }
    try {
      return await (await this.#keys(LOOK_AGAIN_MS)).opener.open(message);
    } catch (error) {
      if (!(error instanceof MessageNotForUs)) throw error;
      throw new GatehouseError('request_invalid', 'the sealed part of the request does not open');
    }
  }

  async #keys(maxAgeMs: number): Promise<Loaded> {
    const nowMs = this.clock.nowMs();
    const loaded = this.#loaded;
    if (loaded !== undefined && nowMs - loaded.atMs < maxAgeMs && loaded.current.useUntilMs > nowMs)
      return loaded;
    return await this.#loading.run('keys', async () => (this.#loaded = await this.#load()));
  }

  async #load(): Promise<Loaded> {
    let pairs = await this.#live();
    if (usable(pairs) === undefined) {
      await this.store.addUnlessCurrent(() => this.#make());
      pairs = await this.#live();
    }
    const current = usable(pairs);
    if (current === undefined) throw new GatehouseError('internal', 'there is no current bus key');
    return {
      opener: new MessageOpener(pairs),
      current: { key: current.publicKey, useUntilMs: Math.floor(this.clock.nowMs() + current.useForMs) },
      atMs: this.clock.nowMs(),
    };
  }

  /** The keys that open here, the current one first. The others are set aside, so that a new one is made. */
  async #live(): Promise<readonly LivePair[]> {
    const pairs: LivePair[] = [];
    const unopened: string[] = [];
    for (const row of await this.store.live()) {
      const pair = this.#pair(row);
      if (pair !== undefined) pairs.push({ ...pair, useForMs: row.useForMs });
      else if (row.setAsideAt === null) unopened.push(row.kid);
    }
    if (unopened.length > 0) await this.store.setAside(unopened);
    return pairs;
  }

  async #make(): Promise<{ kid: string; privateJwk: Buffer }> {
    const { publicKey, privateJwk: jwk } = await newMessageKeyPair();
    return { kid: publicKey.kid, privateJwk: this.keyring.seal(jwk, busKeyOwner(publicKey.kid)) };
  }

  #pair({ kid, privateJwk: sealed, setAsideAt }: BusKeyRow): MessageKeyPair | undefined {
    const owner = busKeyOwner(kid);
    const jwk =
      setAsideAt === null
        ? this.keyring.open(privateJwk, sealed, owner)
        : this.keyring.openAgain(privateJwk, sealed, owner);
    if (jwk === undefined) return undefined;
    return { publicKey: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, kid }, privateJwk: jwk };
  }
}

const usable = (pairs: readonly LivePair[]): LivePair | undefined =>
  pairs.find(({ useForMs }) => useForMs > 0);
