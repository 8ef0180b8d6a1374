import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { Secret } from '@gatehouse/kernel/secret';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Envelope, SealBroken } from '@gatehouse/sealing/envelope';
import { CONFIG } from '@gatehouse/service-process/injected';
import { z } from 'zod';
import {
  OWN_ALGORITHMS,
  readPublicKey,
  readSigningKey,
  type PublicKey,
  type SigningKey,
} from './signing-key.js';

const publicJwk = z.looseObject({ kty: z.string(), alg: z.enum(OWN_ALGORITHMS.map(({ alg }) => alg)) });

/** A key as it is stored. */
interface SealedKey {
  readonly kid: string;
  readonly alg: string;
  readonly sealedPublic: Buffer;
  /** `null`: it signs no more. */
  readonly sealedPrivate: Buffer | null;
}

/** Keys on their way to the database and back. Both parts are sealed: a public one in clear could be anybody's. */
@Injectable()
export class SealedSigningKeys {
  /** Opened before, by what they are made of. */
  #opened: ReadonlyMap<string, PublicKey | SigningKey> = new Map();
  readonly #broken = new Set<string>();

  constructor(
    private readonly envelope: Envelope,
    private readonly setAside: SetAsideRows,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'name'>,
  ) {}

  async seal(pem: Secret): Promise<SealedKey & { readonly sealedPrivate: Buffer }> {
    const { kid, alg, jwk } = await readSigningKey(pem, 'a key that was just made');
    return {
      kid,
      alg,
      sealedPublic: this.envelope.seal(JSON.stringify(jwk), this.#owner(kid, 'public')),
      sealedPrivate: this.envelope.seal(pem.reveal(), this.#owner(kid, 'private')),
    };
  }

  /** @returns those that open, each read once; a private part that is gone from the database is gone from here. */
  async open<Row extends SealedKey>(
    rows: readonly Row[],
  ): Promise<readonly { readonly row: Row; readonly key: PublicKey | SigningKey }[]> {
    const opened = [];
    const seen = new Map<string, PublicKey | SigningKey>();
    for (const row of rows) {
      const name = `${row.kid} ${row.sealedPrivate === null ? 'public' : 'private'}`;
      const key = this.#opened.get(name) ?? (await this.#read(row));
      if (key === undefined) continue;
      seen.set(name, key);
      opened.push({ row, key });
    }
    this.#opened = seen;
    return opened;
  }

  /** @returns `undefined` when it does not open: its key-encryption key is lost, or somebody changed the row. */
  async #read({
    kid,
    alg,
    sealedPublic,
    sealedPrivate,
  }: SealedKey): Promise<PublicKey | SigningKey | undefined> {
    try {
      const members = publicJwk.parse(
        JSON.parse(this.envelope.open(sealedPublic, this.#owner(kid, 'public'))) as unknown,
      );
      if (members.alg !== alg) throw new SealBroken('it is of another algorithm');
      if (sealedPrivate === null) return await readPublicKey(members, members.alg);
      const pem = new Secret(this.envelope.open(sealedPrivate, this.#owner(kid, 'private')));
      return await readSigningKey(pem, `the key ${kid}`);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      if (!this.#broken.has(kid)) this.setAside.report('keyring', kid);
      this.#broken.add(kid);
      return undefined;
    }
  }

  readonly #owner = (kid: string, part: 'public' | 'private'): readonly string[] => [
    this.config.name,
    'authorization-server',
    'signing-key',
    part,
    kid,
  ];
}
