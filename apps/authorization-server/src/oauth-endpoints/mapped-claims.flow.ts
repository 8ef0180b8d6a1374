import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { OWN_CLAIMS } from '@gatehouse/config/model/claim-mappings';
import type { SessionId } from '@gatehouse/kernel/ids';
import { CONFIG } from '@gatehouse/service-process/injected';
import { Provider } from 'oidc-provider';
import { Vault } from '../vault/vault.client.js';
import { SessionAccess } from './session-access.flow.js';
import { asGrant } from './vault-refusals.js';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Claims of the primary provider that an access token carries. Without them no token is issued: policies may forbid by them. Nor is one
 * for somebody who may not sign in any more.
 */
@Injectable()
export class MappedClaims {
  readonly #maps: boolean;
  /** By token request: what was said before its code or refresh token was used up. */
  readonly #said = new WeakMap<object, Claims>();

  constructor(
    private readonly vault: Vault,
    private readonly access: SessionAccess,
    @Inject(CONFIG) { claimMappings }: AuthorizationServerPart,
  ) {
    this.#maps = claimMappings !== undefined;
  }

  /**
   * Asks once for each token request, before what is redeemed is used up: a client that is told to try again comes back with the same.
   * @throws {errors.InvalidGrant} when the person has to sign in again @throws {GatehouseError}
   */
  async of(tsid: string): Promise<Claims> {
    const { ctx } = Provider;
    const clientId = ctx?.oidc.client?.clientId;
    if (!this.#maps && !this.access.isOnFor(clientId)) return {};
    const claims = (ctx && this.#said.get(ctx)) ?? (await this.#asked(tsid, clientId));
    if (ctx !== undefined) this.#said.set(ctx, claims);
    return claims;
  }

  async #asked(tsid: string, clientId: string | undefined): Promise<Claims> {
    return await asGrant(async () => {
      await this.access.check(tsid as SessionId, clientId);
      if (!this.#maps) return {};
      const claims = await this.vault.claims(tsid as SessionId);
      // The configuration has none of these; another one may be in force at the vault.
      return Object.fromEntries(Object.entries(claims).filter(([name]) => !OWN_CLAIMS.has(name)));
    });
  }
}
