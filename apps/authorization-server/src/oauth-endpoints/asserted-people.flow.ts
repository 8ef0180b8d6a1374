import { Injectable } from '@nestjs/common';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { errors } from 'oidc-provider';
import { AssertedSessions } from '../assertions/asserted-sessions.flow.js';
import type { AssertedPerson } from '../assertions/identity-assertion.js';
import { UsedAssertions } from '../assertions/used-assertions.store.js';
import { MappedClaims } from './mapped-claims.flow.js';
import { SessionAccess } from './session-access.flow.js';

interface Admitted {
  readonly accountId: AccountId;
  readonly tsid: SessionId;
  readonly endsAtMs: number;
}

/** Lets in whom an issuer asserts: who has an account here, and may sign in (docs/access.md). */
@Injectable()
export class AssertedPeople {
  constructor(
    private readonly sessions: AssertedSessions,
    private readonly access: SessionAccess,
    private readonly mapped: MappedClaims,
    private readonly used: UsedAssertions,
  ) {}

  /**
   * Opens their session at the client, or goes on with it.
   * @throws {errors.InvalidGrant} for who is let in nowhere @throws {GatehouseError} when nobody can say
   */
  async admit(
    person: AssertedPerson,
    client: { readonly clientId: string; readonly clientName: string },
  ): Promise<Admitted> {
    if (await this.used.has(person.issuer, person.jti)) throw usedBefore();
    const accountId = await this.sessions.accountOf(person);
    if (accountId === undefined)
      throw new errors.InvalidGrant('the person has no account: they sign in at a browser first');
    const whose = { ...client, accountId, assertedBy: person.issuer };
    // Before anything is written. Of an open session it is asked below.
    if (!(await this.sessions.isOpen(whose))) await this.access.checkAccount(accountId, client.clientId);
    const tsid = await this.sessions.open(whose);
    await this.mapped.of(tsid);
    const endsAtMs = await this.sessions.use(tsid, client.clientId);
    if (endsAtMs === undefined) throw new errors.InvalidGrant('the session of the person was ended');
    return { accountId, tsid, endsAtMs };
  }

  /** @throws {errors.InvalidGrant} when it was used before, at whichever replica. */
  async useUp({ issuer, jti, expiresAt }: AssertedPerson): Promise<void> {
    if (!(await this.used.take(issuer, jti, expiresAt))) throw usedBefore();
  }
}

const usedBefore = (): errors.InvalidGrant => new errors.InvalidGrant('the assertion was used before');
