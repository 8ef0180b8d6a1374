import { sealedByKey } from '../sealed-values.js';
import type { Check, DoctorFinding } from './finding.js';
import { inStored, type Stored } from './stored-rows.js';

const FIELDS = { 'authorization-server': 'authServer', 'token-vault': 'vault' } as const;

/** Whether what a service keeps can be opened: of a sealed value only the id of its key is read. */
export const keyRowsCheck = (stored: Stored, keyIds: readonly string[]): Check => {
  const { service } = stored;
  const about = `keys of ${service}`;
  return {
    about,
    run: async (observe) => {
      const sealed = await inStored(stored, async (rows) => await sealedByKey(rows, service));
      if (sealed === undefined) return [];
      const total = [...sealed.values()].reduce((sum, count) => sum + count, 0);
      observe('sealed values', String(total));
      const missing = [...sealed].filter(([id]) => !keyIds.includes(id));
      const aside = service === 'token-vault' ? await setAside(stored) : 0;
      return [...missingFindings(missing, stored, about), ...asideFindings(aside, about)];
    },
  };
};

function missingFindings(
  missing: readonly (readonly [string, number])[],
  { service }: Stored,
  about: string,
): readonly DoctorFinding[] {
  if (missing.length === 0) return [];
  return [
    {
      name: 'keys-missing',
      about,
      cause: 'What is stored was sealed with keys that the configuration does not have: nobody can open it.',
      evidence: `${missing.map(([id, count]) => `${count} ${count === 1 ? 'value' : 'values'} with the key ${id}`).join(', ')}.`,
      fix: `Put those keys back into ${FIELDS[service]}.keyEncryptionKeys, behind the first. See which: gatehouse keys`,
    },
  ];
}

async function setAside(stored: Stored): Promise<number> {
  const found = await inStored(
    stored,
    async (rows) =>
      await rows.query<{ readonly count: number }>({
        name: 'connections-set-aside',
        text: 'select count(*)::int as count from connections where set_aside_at is not null',
      }),
  );
  return found?.rows[0]?.count ?? 0;
}

const asideFindings = (count: number, about: string): readonly DoctorFinding[] =>
  count === 0
    ? []
    : [
        {
          name: 'connections-set-aside',
          about,
          cause:
            'Connections did not open with the keys that the vault has: their people have to sign in anew.',
          evidence: `${count} ${count === 1 ? 'connection is' : 'connections are'} set aside.`,
          fix: 'A key with the right id may have another value: put the value of before back, and they open again. See which: gatehouse connections',
        },
      ];
