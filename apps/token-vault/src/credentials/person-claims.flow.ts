import { Inject, Injectable } from '@nestjs/common';
import type { connectionClaims } from '@gatehouse/contracts/token-vault/connection-claims';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { z } from 'zod';
import { mappedClaims } from './mapped-claims.js';
import { SaidOfPerson } from './said-of-person.flow.js';
import { SubjectTokens } from './subject-tokens.flow.js';

/** What the primary provider says of a person, for the authorization server's tokens. */
@Injectable()
export class PersonClaims {
  readonly #mappings: TokenVaultPart['claimMappings'];

  constructor(
    private readonly subjects: SubjectTokens,
    private readonly persons: SaidOfPerson,
    private readonly log: Log,
    @Inject(CONFIG) config: TokenVaultPart,
  ) {
    this.#mappings = config.claimMappings;
  }

  /** @throws {GatehouseError} `provider_misconfigured` when a claim cannot be mapped, and those of a credential. */
  async of(tsid: SessionId): Promise<z.input<typeof connectionClaims.reply>> {
    const mappings = this.#mappings;
    // Whoever asks is configured to map some: the vault is not yet. Without them, what a policy forbids could be lifted.
    if (mappings === undefined)
      throw new GatehouseError('provider_unavailable', 'the vault has no claim mappings');
    const { provider } = mappings;
    const { connection } = await this.subjects.bound(tsid, provider);
    const mapped = mappedClaims(await this.persons.ofConnection(connection, mappings.from), mappings.claims);
    if (mapped.ok) return { claims: { ...mapped.claims } };
    const { claim, reason } = mapped;
    const reference = newReference();
    this.log.error('claims-not-mapped', { provider, claim, reason, reference });
    throw new GatehouseError('provider_misconfigured', `the claim ${claim} of ${provider}: ${reason}`, {
      details: { provider, reference },
    });
  }
}
