import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Envelope, type Owner } from '@gatehouse/sealing/envelope';
import type { z } from 'zod';
import { VAULT_CONFIG, type VaultConfig } from '../config.js';

/** Seals what the vault stores. Every value is bound to its owner, and so to one row of this gateway. */
@Injectable()
export class Keyring {
  readonly #envelope: Envelope;
  readonly #gatewayName: string;

  constructor(@Inject(VAULT_CONFIG) config: VaultConfig) {
    this.#envelope = new Envelope(config.keyEncryptionKeys);
    this.#gatewayName = config.name;
  }

  seal(value: unknown, owner: Owner): Buffer {
    return this.#envelope.seal(JSON.stringify(value), [this.#gatewayName, ...owner]);
  }

  /** @throws {GatehouseError} `internal` when the value is not this owner's or not of this shape. */
  open<Shape extends z.ZodType>(shape: Shape, sealed: Uint8Array, owner: Owner): z.output<Shape> {
    try {
      return shape.parse(JSON.parse(this.#envelope.open(sealed, [this.#gatewayName, ...owner])));
    } catch {
      // The cause could quote what is inside.
      throw new GatehouseError('internal', `a sealed value does not open for its row: ${owner.join('/')}`);
    }
  }
}

export const legOwner = (attemptId: string, provider: string): Owner => ['leg', attemptId, provider];
export const stagedOwner = (attemptId: string, provider: string): Owner => ['staged', attemptId, provider];

interface ConnectionOwner {
  readonly accountId: string;
  readonly provider: string;
  readonly id: string;
}
export const tokensOwner = ({ accountId, provider, id }: ConnectionOwner): Owner => [accountId, provider, id];
export const answerOwner = ({ accountId, provider, id }: ConnectionOwner): Owner => [
  accountId,
  provider,
  id,
  'answer',
];
export const answerCopyOwner = (owner: ConnectionOwner): Owner => [...answerOwner(owner), 'copy'];
export const revocationOwner = (provider: string, id: string): Owner => ['revocation', provider, id];
export const exchangedOwner = (accountId: string, backend: string, key: string): Owner => [
  accountId,
  backend,
  'exchanged',
  key,
];
export const busKeyOwner = (kid: string): Owner => ['bus-key', kid];
