import { Cannot } from '../cannot.js';
import { shown } from './people.js';

/** So many hexadecimal digits of a session's digest are shown; any number from eight on names it. */
export const SHOWN_DIGITS = 12;
const NAMED = /^[0-9a-f]{8,64}$/;

/** @param how in what words one session is named @throws {Cannot} unless it is said whether one session is to end, or all of a person */
export function checkChoice(
  { session, account }: { readonly session?: string; readonly account?: string },
  how: string,
): void {
  if ((session === undefined) === (account === undefined)) throw new Cannot(`Say which: ${how}`, 'usage');
  if (session !== undefined && !NAMED.test(session))
    throw new Cannot(
      `${shown(session)} is no session: it is 8 to 64 of the digits 0-9 and a-f, as \`gatehouse sessions\` shows it.`,
      'usage',
    );
}
