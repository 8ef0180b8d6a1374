import { ERROR_CODES, isErrorCode } from '@gatehouse/kernel/error-codes';
import { Observable, Subscription, timer } from 'rxjs';
import type { AskBudget } from './ask-budget.js';

/** An idempotent request is sent again after this long without an answer; any replica may take it. */
export const ASK_AGAIN_AFTER_MS = 1_500;
/** Of one request, the first included. */
const MAX_SENDINGS = 3;
/** When the budget was used up. */
const LOOK_AT_BUDGET_EVERY_MS = 100;
/** A refusal is an answer, but another sending may be about to succeed. */
const REFUSAL_WAITS_MS = 1_500;

/**
 * The first good answer to any of the sendings. An error does not end the wait while another sending is under way:
 * after *try again* the other is waited for to its end, after a refusal for a moment.
 */
export function askedAgain(send: () => Observable<unknown>, budget: AskBudget): Observable<unknown> {
  return new Observable((asker) => {
    const all = new Subscription();
    let [sent, underWay] = [0, 0];
    let failure: { readonly error: unknown } | undefined;
    const fail = (): void => asker.error(failure?.error);
    const failed = (error: unknown): void => {
      underWay -= 1;
      if (failure === undefined || isRefusal(error)) failure = { error };
      if (underWay === 0) fail();
      else if (isRefusal(error)) all.add(timer(REFUSAL_WAITS_MS).subscribe(fail));
    };
    const sendOne = (): void => {
      const isAgain = sent > 0;
      sent += 1;
      underWay += 1;
      all.add(
        send().subscribe({
          next: (answer) => {
            if (isAgain) budget.helped();
            asker.next(answer);
            asker.complete();
          },
          error: failed,
        }),
      );
      if (sent < MAX_SENDINGS) sendLater(ASK_AGAIN_AFTER_MS);
    };
    const sendLater = (afterMs: number): void => {
      all.add(
        timer(afterMs).subscribe(() => {
          // An error is an answer, too: the replica did not die.
          if (failure !== undefined) return;
          if (budget.take()) sendOne();
          else sendLater(LOOK_AT_BUDGET_EVERY_MS);
        }),
      );
    };
    budget.asked();
    sendOne();
    return all;
  });
}

/** The same request would get the same code again. An error without a code did not come from an answering service. */
function isRefusal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  const { code } = error;
  return isErrorCode(code) && ERROR_CODES[code].retry !== 'safe';
}
