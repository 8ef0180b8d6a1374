import { Injectable } from '@nestjs/common';
import type { ClaimMappings } from '@gatehouse/config/model/claim-mappings';
import { sha256 } from '@gatehouse/kernel/digest';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { decodeJwt } from 'jose';
import type { Connection } from '../connections/connection.js';
import type { StagedConnection } from '../connections/staged-connection.store.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import type { TokenSet } from '../providers/token-answer.js';
import { Upstreams } from '../providers/upstreams.flow.js';
import { UNAUTHORIZED, type PersonSaid } from '../providers/user-info.client.js';
import type { CurrentTokens } from '../refresh/current-tokens.flow.js';
import type { Said } from './access-policies.js';
import { SubjectTokens } from './subject-tokens.flow.js';

/** With the number of its line. */
type Unsaid = Extract<PersonSaid, { ok: false }> & { readonly reference: string };
type Asked = Extract<PersonSaid, { ok: true }> | Unsaid;

/** Whose tokens they are. */
interface Whose {
  readonly provider: string;
  readonly subject: string;
  readonly connectionId?: string;
}

/** What a provider says of a person. The tokens by which it is asked, and that say it, stay here. */
@Injectable()
export class SaidOfPerson {
  constructor(
    private readonly subjects: SubjectTokens,
    private readonly upstreams: Upstreams,
    private readonly registry: ProviderRegistry,
    private readonly log: Log,
  ) {}

  /** @param lasts whether an id_token counts for a while that the provider cannot be asked for a new one */
  async ofConnection(connection: Connection, from: ClaimMappings['from'], lasts = true): Promise<Said> {
    if (from === 'userInfo') return await this.#userInfo(await this.subjects.tokens(connection));
    const { tokens } = await (lasts ? this.subjects.renewed(connection) : this.subjects.reissued(connection));
    // Who signed in before the provider was asked for one has to sign in again.
    if (tokens.idToken === undefined)
      throw this.subjects.needsUser(connection, 'its provider was asked for no id_token then');
    return claimsIn(tokens.idToken);
  }

  /** The same of who has just signed in. */
  async ofStaged(
    { provider, subject, tokens }: StagedConnection,
    from: ClaimMappings['from'],
  ): Promise<Said> {
    if (from === 'idToken' && tokens.idToken !== undefined) return claimsIn(tokens.idToken);
    const asked = await this.#asked({ provider, subject }, tokens);
    if (asked.ok) return asked.said;
    throw unknown(provider, asked);
  }

  /**
   * A provider that refuses the access token (401, RFC 6750 section 3.1) may have revoked it: it is renewed once. A person whose new one
   * is refused as well has to sign in again.
   */
  async #userInfo(current: CurrentTokens): Promise<Said> {
    const { provider } = current.connection;
    const first = await this.#askedBy(current);
    if (first.ok) return first.said;
    if (first.status !== UNAUTHORIZED) throw unknown(provider, first);
    const { accessToken } = current.tokens;
    const renewed = await this.subjects.tokens(current.connection, sha256(accessToken));
    // A token as young as this one is not renewed: nobody's sign-in mends what the provider does.
    if (renewed.tokens.accessToken === accessToken) throw unknown(provider, first);
    const second = await this.#askedBy(renewed);
    if (second.ok) return second.said;
    throw second.status === UNAUTHORIZED
      ? this.subjects.needsUser(renewed.connection, 'its provider refuses what it has just renewed')
      : unknown(provider, second);
  }

  async #askedBy({ connection: { id, provider, row }, tokens }: CurrentTokens): Promise<Asked> {
    return await this.#asked({ provider, subject: row.subject, connectionId: id }, tokens);
  }

  async #asked({ provider, subject, connectionId }: Whose, tokens: TokenSet): Promise<Asked> {
    const answer = await this.upstreams.userInfo(this.registry.get(provider), tokens, subject);
    if (answer.ok) return answer;
    const [{ status }, reference] = [answer, newReference()];
    this.log.warn('person-not-said', { connectionId, provider, status, reference });
    return { ...answer, reference };
  }
}

/** It was verified before it was kept. */
const claimsIn = (idToken: string): Said => decodeJwt(idToken);

const unknown = (provider: string, { reference }: Unsaid): GatehouseError =>
  new GatehouseError('provider_unavailable', `${provider} does not say who the person is`, {
    details: { provider, reference },
  });
