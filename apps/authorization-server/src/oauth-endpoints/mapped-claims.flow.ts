import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { OWN_CLAIMS } from '@gatehouse/config/model/claim-mappings';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { CONFIG } from '@gatehouse/service-process/injected';
import { errors } from 'oidc-provider';
import { Vault } from '../vault/vault.client.js';

/** The person has to sign in again before anything more is known. */
const OVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'session_closed',
  'connection_missing',
  'reauth_required',
]);
/** A client that asks again loses nothing. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['provider_unavailable', 'deadline_exceeded']);

/** Claims of the primary provider that an access token carries. Without them no token is issued: policies may forbid by them. */
@Injectable()
export class MappedClaims {
  readonly #isOn: boolean;

  constructor(
    private readonly vault: Vault,
    @Inject(CONFIG) { claimMappings }: AuthorizationServerPart,
  ) {
    this.#isOn = claimMappings !== undefined;
  }

  /** @throws {errors.InvalidGrant} when the person has to sign in again @throws {GatehouseError} */
  async of(tsid: string): Promise<Readonly<Record<string, unknown>>> {
    if (!this.#isOn) return {};
    try {
      const claims = await this.vault.claims(tsid as SessionId);
      // The configuration has none of these; another one may be in force at the vault.
      return Object.fromEntries(Object.entries(claims).filter(([name]) => !OWN_CLAIMS.has(name)));
    } catch (error) {
      const { code, message } = GatehouseError.from(error);
      if (OVER.has(code)) throw new errors.InvalidGrant('the provider asks for a new sign-in');
      if (PASSING.has(code)) throw new GatehouseError('unavailable', message, { cause: error });
      throw error;
    }
  }
}
