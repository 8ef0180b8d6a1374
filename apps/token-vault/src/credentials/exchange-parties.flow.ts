import { Injectable } from '@nestjs/common';
import type { IssuedToken } from '@gatehouse/config/model/outgoing-auth';
import { subjectOf } from '@gatehouse/config/model/token-subject';
import type { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import type { Secret } from '@gatehouse/kernel/secret';
import type { z } from 'zod';
import { ExchangeActors } from './exchange-actors.flow.js';
import { ExchangeSubjects, type ExchangeSubject, type RefusedSubject } from './exchange-subjects.flow.js';

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
  ) {}

  async of(request: Request, strategy: IssuedToken<Secret>): Promise<Parties> {
    return {
      subject: await this.subjects.of(request, subjectOf(strategy)),
      actor: await this.actors.of(request, strategy),
    };
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
