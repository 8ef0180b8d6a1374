import { Inject, Injectable } from '@nestjs/common';
import type { AccessRules } from '@gatehouse/config/model/access';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import type { accessJudge } from '@gatehouse/contracts/token-vault/access-judge';
import { ADMINISTER, SIGN_IN } from '@gatehouse/config/policies/checked-access';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { z } from 'zod';
import { AccessPolicies, type AccessVerdict } from './access-policies.js';
import { PersonToJudge } from './person-to-judge.flow.js';

type Reply = z.input<typeof accessJudge.reply>;

interface Judge {
  readonly rules: AccessRules;
  readonly policies: AccessPolicies;
}

/** As the reply has it. */
const MAX_REASON = 256;

/** Whether the policies of `access` let a person in, and those of `administration.access` let them administer. What the provider says of them stays here. */
@Injectable()
export class JudgePerson {
  readonly #signIn: Judge | undefined;
  readonly #administer: Judge | undefined;
  readonly #verdicts;

  constructor(
    private readonly people: PersonToJudge,
    private readonly log: Log,
    metrics: Metrics,
    @Inject(CONFIG) { access, administrators, name }: TokenVaultPart,
  ) {
    this.#signIn = access && { rules: access, policies: new AccessPolicies(access, name, SIGN_IN) };
    this.#administer = administrators && {
      rules: administrators,
      policies: new AccessPolicies(administrators, name, ADMINISTER),
    };
    this.#verdicts = metrics.counter(
      'vault_access_verdicts_total',
      'Persons judged by the access policies, by where they are.',
      ['of', 'verdict'],
    );
  }

  /** @throws {GatehouseError} when nobody can say: then nobody is let in. */
  async judge(request: z.output<typeof accessJudge.request>): Promise<Reply> {
    const judge = request.action === 'administer' ? this.#administer : this.#signIn;
    // Whoever asks is configured to ask: the vault is not yet.
    if (judge === undefined)
      throw new GatehouseError('provider_unavailable', 'the vault has no access policies');
    // Who may not sign in may not administer either.
    if (request.action === 'administer' && this.#signIn !== undefined) {
      const reply = await this.#judged(request, this.#signIn);
      if (reply.verdict === 'refused') return reply;
    }
    return await this.#judged(request, judge);
  }

  async #judged(request: z.output<typeof accessJudge.request>, { rules, policies }: Judge): Promise<Reply> {
    const { subject, said } = await this.people.of(request, rules);
    const verdict = policies.judge(subject, said);
    this.#verdicts.inc({ of: request.of, verdict: verdict.kind });
    return this.#reply(verdict, rules.provider);
  }

  #reply(verdict: AccessVerdict, provider: string): Reply {
    if (verdict.kind === 'admitted') return { verdict: 'admitted' };
    const reference = newReference();
    if (verdict.kind === 'unclear') {
      const { claim, reason } = verdict;
      this.log.error('access-not-judged', { provider, claim, reason, reference });
      throw new GatehouseError('provider_misconfigured', `the claim ${claim} of ${provider}: ${reason}`, {
        details: { provider, reference },
      });
    }
    const { forbids, unsaid } = verdict;
    this.log.info('access-refused', {
      provider,
      forbiddenBy: forbids.map(({ id }) => id).join(' '),
      unsaid: unsaid.join(' '),
      reference,
    });
    const reason = forbids.find((policy) => policy.reason !== undefined)?.reason?.slice(0, MAX_REASON);
    return { verdict: 'refused', reference, ...(reason === undefined ? {} : { reason }) };
  }
}
