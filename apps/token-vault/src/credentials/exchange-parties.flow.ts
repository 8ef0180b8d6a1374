import { Injectable } from '@nestjs/common';
import type { IssuedToken } from '@gatehouse/config/model/outgoing-auth';
import { subjectOf } from '@gatehouse/config/model/token-subject';
import type { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import type { Secret } from '@gatehouse/kernel/secret';
import type { z } from 'zod';
import { cacheEntry } from './cache-entry.js';
import { ExchangeActors } from './exchange-actors.flow.js';
import { ExchangeSubjects, type ExchangeSubject, type RefusedSubject } from './exchange-subjects.flow.js';
import { ExchangedTokens } from './exchanged-tokens.flow.js';
import { StepUp } from './step-up.flow.js';

type Request = z.output<typeof credentialExchange.request>;

export interface Parties {
  readonly subject: ExchangeSubject;
  readonly actor: ExchangeSubject | undefined;
}

/** `undefined`: there is nothing newer. */
type Renewal = (parties: Parties, refusal: RefusedSubject) => Promise<Parties | undefined>;

/** For whom a token is issued, and who acts for them. */
@Injectable()
export class ExchangeParties {
  constructor(
    private readonly subjects: ExchangeSubjects,
    private readonly actors: ExchangeActors,
    private readonly exchanged: ExchangedTokens,
    private readonly stepUp: StepUp,
  ) {}

  async of(request: Request, strategy: IssuedToken<Secret>): Promise<Parties> {
    return {
      subject: await this.subjects.of(request, subjectOf(strategy)),
      actor: await this.actors.of(request, strategy),
    };
  }

  /**
   * The backend refused what was issued, and wants to see more of its person's sign-in. On behalf of somebody, backend, endpoint and
   * sign-in are of one directory; what the backend of any other exchange says is no reason to ask a provider for anything.
   * @throws {GatehouseError} `reauth_required` where the person can help
   */
  async heardOfBackend(
    { backend, refused, challenge }: Request,
    strategy: IssuedToken<Secret>,
    subject: ExchangeSubject,
  ): Promise<void> {
    const { provider, connectionId } = subject;
    if (strategy.type !== 'obo' || refused === undefined) return;
    if (provider === undefined || connectionId === undefined) return;
    const wanted = this.stepUp.wanted(provider, challenge);
    if (wanted === undefined) return;
    // With any other one the person may have signed in since.
    if (await this.exchanged.isCurrent(cacheEntry(backend, strategy, subject), refused))
      await this.stepUp.signIn({ id: connectionId, provider }, backend, wanted);
  }

  /** What may help where the endpoint refused a token, in the order in which it is tried. */
  renewals(request: Request, strategy: IssuedToken<Secret>): Renewal[] {
    return [
      async (parties, refusal) => {
        const actor = await this.actors.renewed(request, strategy, refusal);
        return actor && { ...parties, actor };
      },
      async (parties, refusal) => {
        // Where there is an actor, the endpoint does not say whose token it refused.
        const unclear = refusal.unclear || refusal.actorDigest !== undefined;
        const subject = await this.subjects.renewed(request, subjectOf(strategy), { ...refusal, unclear });
        return subject && { ...parties, subject };
      },
    ];
  }
}

/** Each is tried once, whatever comes of it. */
export async function firstRenewed(
  renewals: Renewal[],
  parties: Parties,
  refusal: RefusedSubject,
): Promise<Parties | undefined> {
  for (let next = renewals.shift(); next !== undefined; next = renewals.shift()) {
    const renewed = await next(parties, refusal);
    if (renewed !== undefined) return renewed;
  }
  return undefined;
}

/** One subject, with the actor beside it. A result is the person's; of another actor it is another one. */
export const together = ({ subject, actor }: Parties): ExchangeSubject =>
  actor === undefined
    ? subject
    : {
        ...subject,
        id: [...subject.id, 'actor', ...actor.id],
        token: async () => {
          const [shown, acting] = [await subject.token(), await actor.token()];
          return shown && acting && { ...shown, actor: acting };
        },
      };
