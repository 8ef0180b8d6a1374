import type { SignInState } from '../attempts/attempt.js';

/**
 * Browsers give up after twenty redirects in a row (Chromium, Firefox) or sixteen (Safari), and then nobody can help the person. Where
 * a provider knows them, a leg shows no page: it is three redirects, or five with another provider behind it. Two such legs, with what
 * comes before and after, are 13; three would be 18.
 */
const LEGS_WITHOUT_PAGE = 2;

/** Of the page's address: after how many legs it has been shown. */
export const ONWARD = 'onward';

const legsDone = (legs: SignInState['legs']): number =>
  Object.values(legs).filter(({ kind }) => kind === 'done').length;

/** @returns after how many legs a page is due before the browser goes to the next provider; `undefined`: it goes at once. */
export function pageDueAfter(legs: SignInState['legs'], address: string | undefined): number | undefined {
  const done = legsDone(legs);
  const shownAfter = URL.parse(address ?? '', 'http://here')?.searchParams.get(ONWARD);
  return done > 0 && done % LEGS_WITHOUT_PAGE === 0 && shownAfter !== String(done) ? done : undefined;
}
