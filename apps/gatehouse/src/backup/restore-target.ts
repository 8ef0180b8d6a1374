import { Envelope, SealBroken, type Owner } from '@gatehouse/sealing/envelope';
import { Cannot } from '../cannot.js';
import type { InstallationAccess } from './access.js';
import type { DatabaseCopy } from './database-copy.js';
import type { BackedUp } from './manifest.js';

/** Enough of a table to see whose it is. */
const LOOKED_AT = 100;
const THROW_AWAY = 'to throw it away all the same, drop its schema yourself';

type Whose = Pick<InstallationAccess, 'gateway' | 'keys' | 'sealing'>;

interface OwnedRow {
  readonly sealed: Buffer;
  /** Without the gateway's name, which stands in no row. */
  readonly owner: Owner;
}

interface OwnedTable {
  readonly table: string;
  /** Columns `sealed`, `owner`, and `at`. */
  readonly rows: string;
}

/** What is sealed for an owner that its row names (docs/sealing.md). */
const OWNED: Readonly<Record<BackedUp, readonly OwnedTable[]>> = {
  'authorization-server': [
    {
      table: 'keyring',
      rows: `select sealed, array['authorization-server', 'keyring', name] as owner, created_at as at from keyring`,
    },
    {
      table: 'signing_keys',
      rows: `select sealed_public as sealed, array['authorization-server', 'signing-key', 'public', kid] as owner, created_at as at
             from signing_keys`,
    },
  ],
  'token-vault': [
    {
      table: 'bus_keys',
      rows: `select private_jwk as sealed, array['bus-key', kid] as owner, use_until as at from bus_keys`,
    },
    {
      table: 'connections',
      rows: `select tokens as sealed, array[account_id::text, provider, id::text] as owner, access_obtained_at as at from connections`,
    },
    {
      table: 'upstream_clients',
      rows: `select client as sealed, array['upstream-client', provider, issuer, client_id] as owner, registered_at as at
             from upstream_clients`,
    },
  ],
};

/**
 * What may not be written over: a database in use, one with rows, and with `replace` one of another gateway.
 * @param owners whose the database may be
 * @throws {Cannot}
 */
export async function refuseTarget(
  copy: DatabaseCopy,
  replace: boolean,
  owners: readonly Whose[],
): Promise<void> {
  const running = await copy.connectedServices();
  if (running.length > 0)
    throw new Cannot(
      `Services use the database of ${copy.service} (${running.join(', ')}). Nothing was restored. Stop them, then run the command again.`,
      'tryAgain',
    );
  if (!replace && !(await copy.isEmpty()))
    throw new Cannot(
      `The database of ${copy.service} is not empty. Nothing was restored. Name another database, or say --replace: what is in it goes then.`,
      'noOutput',
    );
  const known = new Set(
    owners.flatMap(({ keys }) => keys.filter(({ of }) => of === copy.service).map(({ id }) => id)),
  );
  const foreign = [...(await copy.sealingKeys())].filter((id) => !known.has(id));
  if (foreign.length > 0)
    throw new Cannot(
      `What is in the database of ${copy.service} was sealed with keys that this configuration does not have (${foreign.join(', ')}): it is the database of another gateway, or keys are missing. Nothing was restored. Name the right database or the right keys; ${THROW_AWAY}.`,
      'configuration',
    );
  await refuseForeign(copy, owners);
}

/** Ids of keys are alike in many installations. What a key opens, under the name of the gateway that sealed it, is not. */
async function refuseForeign(copy: DatabaseCopy, owners: readonly Whose[]): Promise<void> {
  const opens = owners.map((owner) => openerOf(owner, copy.service));
  for (const { table, rows } of OWNED[copy.service]) {
    const there = await copy.rowsIfThere<OwnedRow>(
      `select sealed, owner from (${rows}) as owned where substr(sealed, 1, 1) = '\\x01' order by at desc limit ${LOOKED_AT}`,
    );
    if (there.length === 0 || there.some((row) => opens.some((open) => open(row)))) continue;
    throw new Cannot(
      `Nothing that the database of ${copy.service} has in ${table} opens with the keys and the name (${owners[0]?.gateway}) of this configuration: it is the database of another gateway, or of another key with the same id. Nothing was restored. Name the right database or the right keys; ${THROW_AWAY}.`,
      'configuration',
    );
  }
}

function openerOf({ gateway, sealing }: Whose, service: BackedUp): (row: OwnedRow) => boolean {
  const envelope = new Envelope(sealing.get(service) ?? []);
  return ({ sealed, owner }) => {
    try {
      envelope.open(sealed, [gateway, ...owner]);
      return true;
    } catch (error) {
      if (error instanceof SealBroken) return false;
      throw error;
    }
  };
}
