import type { ProofsUsed } from '@gatehouse/access-tokens/proofs';
import { dpopProofs } from '@gatehouse/contracts/buckets';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { RecentMap } from '@gatehouse/kernel/recent-map';
import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import { createHash } from 'node:crypto';

/** In the time that the bucket keeps a proof: some 55 calls a second, and a thirtieth of the bucket's room. */
const MOST_OF_ONE = 10_000;
const MOST_PEOPLE = 10_000;

interface Count {
  readonly sinceMs: number;
  uses: number;
}

/** Which proofs were used, in the replicas' common bucket: of two that come with one, one writes it. */
export class UsedProofs implements ProofsUsed {
  readonly #counts = new RecentMap<string, Count>(MOST_PEOPLE);

  constructor(
    private readonly bucket: Pick<KeyValueBucket, 'create'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * @returns false when it was used before.
   * @throws {GatehouseError} `unavailable`, also when there is no room for it; `rate_limited`: this person sends too many
   */
  async use(thumbprint: string, jti: string, person: string): Promise<boolean> {
    this.#count(person);
    const key = createHash('sha256')
      .update(JSON.stringify([thumbprint, jti]))
      .digest('base64url');
    return await this.bucket.create(key, '');
  }

  /** By the person, who can have any number of keys. */
  #count(person: string): void {
    const now = this.nowMs();
    const known = this.#counts.get(person);
    const count =
      known !== undefined && now - known.sinceMs < dpopProofs.ttlMs ? known : { sinceMs: now, uses: 0 };
    if (count !== known) this.#counts.set(person, count);
    if ((count.uses += 1) > MOST_OF_ONE)
      throw new GatehouseError(
        'rate_limited',
        `more than ${MOST_OF_ONE} proofs of one person in three minutes`,
      );
  }
}
