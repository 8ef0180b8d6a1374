import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import { createHash } from 'node:crypto';

/** Which proofs were used, in the replicas' common bucket: of two that come with one, one writes it. */
export class UsedProofs {
  constructor(private readonly bucket: Pick<KeyValueBucket, 'create'>) {}

  /** @returns false when it was used before. @throws {GatehouseError} `unavailable`, also when there is no room for it. */
  async use(thumbprint: string, jti: string): Promise<boolean> {
    const key = createHash('sha256')
      .update(JSON.stringify([thumbprint, jti]))
      .digest('base64url');
    return await this.bucket.create(key, '');
  }
}
