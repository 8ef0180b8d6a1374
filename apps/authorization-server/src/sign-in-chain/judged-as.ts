import { sha256 } from '@gatehouse/kernel/digest';
import type { AttemptId } from '@gatehouse/kernel/ids';
import type { SignInState } from '../attempts/attempt.js';
import type { JudgedAs } from '../vault/vault.client.js';
import type { Step } from './next-step.js';

/**
 * As whom the person of a sign-in has to be judged: who came back from the primary provider, or the account whose connection there is
 * used again. @returns `undefined` as long as it is open who they are.
 */
export function judgedAs(
  { id, state }: { readonly id: AttemptId; readonly state: Pick<SignInState, 'legs' | 'person'> },
  step: Step,
  primaryProvider: string,
): JudgedAs | undefined {
  const { legs, person } = state;
  const leg = legs[primaryProvider];
  if (leg?.kind === 'done') return { of: 'attempt', attemptId: id, subject: leg.identity.subject };
  if (person === undefined || person.isNew) return undefined;
  switch (step.kind) {
    case 'complete':
      return { of: 'account', accountId: person.accountId };
    case 'visit':
    case 'refuse':
      return step.provider === primaryProvider ? undefined : { of: 'account', accountId: person.accountId };
    case 'ask-approval':
    case 'confirm-client':
    case 'confirm-reuse':
      return undefined;
  }
}

/** Stands for it in the attempt. Whoever comes back as somebody else is judged again. */
export const judgedKey = (who: JudgedAs): string => sha256(JSON.stringify(who));
