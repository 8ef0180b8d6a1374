import { Inject, Injectable } from '@nestjs/common';
import type { connectionClaims } from '@gatehouse/contracts/token-vault/connection-claims';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { sha256 } from '@gatehouse/kernel/digest';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import { decodeJwt } from 'jose';
import type { z } from 'zod';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { Upstreams } from '../providers/upstreams.flow.js';
import { UNAUTHORIZED, type PersonSaid } from '../providers/user-info.client.js';
import type { CurrentTokens } from '../refresh/current-tokens.flow.js';
import { mappedClaims } from './mapped-claims.js';
import { SubjectTokens } from './subject-tokens.flow.js';

type Said = Readonly<Record<string, unknown>>;
/** With the number of its line. */
type Unsaid = Extract<PersonSaid, { ok: false }> & { readonly reference: string };
type Asked = Extract<PersonSaid, { ok: true }> | Unsaid;

/** What the primary provider says of a person, for the authorization server's tokens. The tokens behind it stay here. */
@Injectable()
export class PersonClaims {
  readonly #mappings: TokenVaultPart['claimMappings'];

  constructor(
    private readonly subjects: SubjectTokens,
    private readonly upstreams: Upstreams,
    private readonly registry: ProviderRegistry,
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
    const said =
      mappings.from === 'idToken'
        ? this.#idTokenClaims(await this.subjects.renewed(connection))
        : await this.#userInfo(await this.subjects.tokens(connection));
    const mapped = mappedClaims(said, mappings.claims);
    if (mapped.ok) return { claims: { ...mapped.claims } };
    const { claim, reason } = mapped;
    const reference = newReference();
    this.log.error('claims-not-mapped', { provider, claim, reason, reference });
    throw new GatehouseError('provider_misconfigured', `the claim ${claim} of ${provider}: ${reason}`, {
      details: { provider, reference },
    });
  }

  /**
   * A provider that refuses the access token (401, RFC 6750 section 3.1) may have revoked it: it is renewed once. A person whose new one
   * is refused as well has to sign in again.
   */
  async #userInfo(current: CurrentTokens): Promise<Said> {
    const first = await this.#asked(current);
    if (first.ok) return first.said;
    if (first.status !== UNAUTHORIZED) throw this.#unknown(current, first);
    const { accessToken } = current.tokens;
    const renewed = await this.subjects.tokens(current.connection, sha256(accessToken));
    // A token as young as this one is not renewed: nobody's sign-in mends what the provider does.
    if (renewed.tokens.accessToken === accessToken) throw this.#unknown(current, first);
    const second = await this.#asked(renewed);
    if (second.ok) return second.said;
    throw second.status === UNAUTHORIZED
      ? this.subjects.needsUser(renewed.connection, 'its provider refuses what it has just renewed')
      : this.#unknown(renewed, second);
  }

  async #asked({ connection, tokens }: CurrentTokens): Promise<Asked> {
    const { provider, row } = connection;
    const answer = await this.upstreams.userInfo(this.registry.get(provider), tokens, row.subject);
    if (answer.ok) return answer;
    const [{ status }, reference] = [answer, newReference()];
    this.log.warn('person-not-said', { connectionId: connection.id, provider, status, reference });
    return { ...answer, reference };
  }

  #unknown({ connection: { provider } }: CurrentTokens, { reference }: Unsaid): GatehouseError {
    return new GatehouseError('provider_unavailable', `${provider} does not say who the person is`, {
      details: { provider, reference },
    });
  }

  /** It was verified before it was kept. Who signed in before the provider was asked for one has to sign in again. */
  #idTokenClaims({ connection, tokens }: CurrentTokens): Said {
    if (tokens.idToken === undefined)
      throw this.subjects.needsUser(connection, 'its provider was asked for no id_token then');
    return decodeJwt(tokens.idToken);
  }
}
