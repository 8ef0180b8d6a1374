import type { Queries } from '@gatehouse/persistence/database';
import { Cannot } from '../cannot.js';
import { shownText } from '../shown-text.js';

/** An account, by what the primary provider said of its person. */
export interface Person {
  readonly accountId: string;
  readonly name: string | null;
  readonly email: string | null;
}

const MAX_NAMED = 20;

/** How a person is called in a table. */
export const calledBy = ({ accountId, name, email }: Person): string => shown(email ?? name ?? accountId);

const MAX_CELL = 48;

/** A text of somebody else in a cell of a table. */
export function shown(text: string | null | undefined): string {
  const plain = shownText(text ?? '');
  if (plain === '') return '-';
  return plain.length <= MAX_CELL ? plain : `${plain.slice(0, MAX_CELL - 1).toWellFormed()}…`;
}

/**
 * The one account of these words: its id, or a name, mail address or subject of its person. An id is nothing else, since people choose
 * their names. @throws {Cannot}
 */
export async function theAccount(rows: Queries, words: string): Promise<Person> {
  const found = await rows.query<Person>({
    name: 'people-named',
    text: `select id as "accountId", name, email from accounts a
      where case when $1 ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then id::text = lower($1)
        else name = $1 or lower(email) = lower($1)
          or exists (select from identities i where i.account_id = a.id and (i.subject = $1 or i.name = $1 or lower(i.email) = lower($1)))
        end
      order by created_at limit ${MAX_NAMED}`,
    values: [words],
  });
  const [one, ...more] = found.rows;
  if (one === undefined)
    throw new Cannot(`No account is called ${shown(words)}. See who is signed in: gatehouse sessions`);
  if (more.length > 0)
    throw new Cannot(
      `${found.rows.length} accounts are called ${shown(words)}. Name one by its id: --account ${found.rows.map(({ accountId }) => accountId).join(', or ')}`,
    );
  return one;
}

/** The people of these accounts, by their account. */
export async function peopleOf(
  rows: Queries,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, Person>> {
  const found = await rows.query<Person>({
    name: 'people-of',
    text: 'select id as "accountId", name, email from accounts where id = any($1::uuid[])',
    values: [accountIds],
  });
  return new Map(found.rows.map((person) => [person.accountId, person]));
}
