import { Inject, Injectable } from '@nestjs/common';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Envelope, type Owner } from '@gatehouse/sealing/envelope';
import type { z } from 'zod';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';

/** The kind of a sealed value, and the row that it is bound to. */
export interface SealedFor {
  readonly kind: SealedKind;
  readonly owner: Owner;
}

type SealedKind =
  | 'leg'
  | 'staged_connection'
  | 'connection'
  | 'kept_answer'
  | 'answer_copy'
  | 'revocation'
  | 'exchanged_token'
  | 'bus_key'
  | 'upstream_client';

/** Seals what the vault stores. Every value is bound to its owner, and so to one row of this gateway. */
@Injectable()
export class Keyring {
  readonly #envelope: Envelope;
  readonly #gatewayName: string;

  constructor(
    @Inject(CONFIG) config: TokenVaultPart,
    private readonly setAside: SetAsideRows,
  ) {
    this.#envelope = new Envelope(config.keyEncryptionKeys);
    this.#gatewayName = config.name;
  }

  seal(value: unknown, { owner }: SealedFor): Buffer {
    return this.#envelope.seal(JSON.stringify(value), [this.#gatewayName, ...owner]);
  }

  /**
   * @returns `undefined` when the value belongs to another owner, was sealed with a key that is not configured, or has
   * another shape. Operators are told; the caller goes on without the value.
   */
  open<Shape extends z.ZodType>(
    shape: Shape,
    sealed: Uint8Array,
    row: SealedFor,
  ): z.output<Shape> | undefined {
    const opened = this.openAgain(shape, sealed, row);
    if (opened === undefined) this.setAside.report(row.kind, row.owner.join('/'));
    return opened;
  }

  /** The same for a value that did not open before. Operators have been told already. */
  openAgain<Shape extends z.ZodType>(
    shape: Shape,
    sealed: Uint8Array,
    { owner }: SealedFor,
  ): z.output<Shape> | undefined {
    try {
      return shape.parse(JSON.parse(this.#envelope.open(sealed, [this.#gatewayName, ...owner])));
    } catch {
      // The cause could quote what is inside.
      return undefined;
    }
  }
}

export const legOwner = (attemptId: string, provider: string): SealedFor => ({
  kind: 'leg',
  owner: ['leg', attemptId, provider],
});
export const stagedOwner = (attemptId: string, provider: string): SealedFor => ({
  kind: 'staged_connection',
  owner: ['staged', attemptId, provider],
});
export const stagedAnswerOwner = (attemptId: string, provider: string): SealedFor => ({
  kind: 'staged_connection',
  owner: ['staged', attemptId, provider, 'answer'],
});

export const revocationOwner = (provider: string, id: string): SealedFor => ({
  kind: 'revocation',
  owner: ['revocation', provider, id],
});
export const exchangedOwner = (accountId: string, backend: string, key: string): SealedFor => ({
  kind: 'exchanged_token',
  owner: [accountId, backend, 'exchanged', key],
});
export const busKeyOwner = (kid: string): SealedFor => ({ kind: 'bus_key', owner: ['bus-key', kid] });
export const upstreamClientOwner = (provider: string, issuer: string, clientId: string): SealedFor => ({
  kind: 'upstream_client',
  owner: ['upstream-client', provider, issuer, clientId],
});
