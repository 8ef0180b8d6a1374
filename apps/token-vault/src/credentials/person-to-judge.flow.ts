import { Inject, Injectable } from '@nestjs/common';
import type { AccessRules } from '@gatehouse/config/model/access';
import type { accessJudge } from '@gatehouse/contracts/token-vault/access-judge';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { z } from 'zod';
import type { Connection } from '../connections/connection.js';
import { ConnectionStore } from '../connections/connection.store.js';
import { StagedConnectionStore } from '../connections/staged-connection.store.js';
import type { Said } from './access-policies.js';
import { SaidOfPerson } from './said-of-person.flow.js';
import { SubjectTokens } from './subject-tokens.flow.js';

/** A person, and what the primary provider says of them now. */
export interface JudgedPerson {
  readonly subject: string;
  readonly said: Said;
}

/** How old an id_token may be that lets somebody in, whatever its provider does when tokens are renewed. */
const SPEAKS_FOR_MS = HOUR_MS;

/** Finds who is to be judged. Nobody but the primary provider is listened to. */
@Injectable()
export class PersonToJudge {
  constructor(
    private readonly subjects: SubjectTokens,
    private readonly persons: SaidOfPerson,
    private readonly staged: StagedConnectionStore,
    private readonly connections: ConnectionStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws {GatehouseError} `connection_missing`, `session_closed`, `reauth_required`, `provider_unavailable` */
  async of(
    request: z.output<typeof accessJudge.request>,
    { provider, from }: Pick<AccessRules, 'provider' | 'from'>,
  ): Promise<JudgedPerson> {
    switch (request.of) {
      case 'attempt': {
        const { attemptId, subject } = request;
        const staged = await this.staged.validated({ attemptId, provider }, subject);
        if (staged === undefined) throw missing(provider);
        return { subject, said: await this.persons.ofStaged(staged, from) };
      }
      case 'account': {
        const connection = await this.connections.ofAccount(request.accountId, provider);
        if (connection === undefined) throw missing(provider);
        return await this.#connected(connection, from, false);
      }
      case 'session': {
        const { connection } = await this.subjects.bound(request.tsid, provider);
        // Who lost the right to administer does so at once, or nobody administers.
        return await this.#connected(connection, from, request.action === undefined);
      }
    }
  }

  /** @param lasts whether what was said counts for a while that the provider is away */
  async #connected(connection: Connection, from: AccessRules['from'], lasts: boolean): Promise<JudgedPerson> {
    const said = await this.persons.ofConnection(connection, from, lasts);
    if (from === 'idToken' && this.#isOld(said))
      throw this.subjects.needsUser(connection, 'its provider gives no new id_token without a sign-in');
    return { subject: connection.row.subject, said };
  }

  /** OpenID Connect Core, section 2: every id_token says when it was issued. */
  #isOld({ iat }: Said): boolean {
    return typeof iat !== 'number' || this.clock.nowMs() - iat * SECOND_MS > SPEAKS_FOR_MS;
  }
}

const missing = (provider: string): GatehouseError =>
  new GatehouseError('connection_missing', `nobody is connected to ${provider}`, { details: { provider } });
