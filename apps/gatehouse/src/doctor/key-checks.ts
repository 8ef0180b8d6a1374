import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import type { Service } from '@gatehouse/kernel/services';
import type { DoctorFinding } from './finding.js';

type Keys = GatehouseModel['vault']['requestKeys'];

/** What two services must have in common, and what they must not. Values are compared and never shown. */
export function keyFindings(models: ReadonlyMap<Service, GatehouseModel>): readonly DoctorFinding[] {
  const issuing = models.get('authorization-server');
  const vault = models.get('token-vault');
  if (issuing === undefined || vault === undefined) return [];
  const own = issuing.postgres.authorizationServer?.url.secret.reveal();
  const other = vault.postgres.tokenVault.url.secret.reveal();
  const findings: DoctorFinding[] = [];
  if (!haveOne(issuing.vault.requestKeys, vault.vault.requestKeys))
    findings.push({
      name: 'request-keys-differ',
      about: 'authorization server and token vault',
      cause: 'They have no request key in common: the vault refuses every request, and nobody can sign in.',
      evidence: 'No key of vault.requestKeys has one id and one value in both.',
      fix: 'Give both services the same key.',
    });
  if (anySame(issuing.authServer?.keyEncryptionKeys ?? [], vault.vault.keyEncryptionKeys))
    findings.push({
      name: 'keys-shared',
      about: 'authorization server and token vault',
      cause: 'They seal with one key: whoever takes one service can open what the other one keeps.',
      evidence: 'A key of authServer.keyEncryptionKeys has the value of one of vault.keyEncryptionKeys.',
      fix: 'Give one of them a new key before the old one, and let the vault seal anew (docs/sealing.md).',
    });
  if (own !== undefined && roleOf(own) === roleOf(other))
    findings.push({
      name: 'database-role-shared',
      about: 'authorization server and token vault',
      cause: 'They use one database role: each can read what the other one keeps.',
      evidence: 'Both URLs have the same server and the same user.',
      fix: 'Give each service a role of its own (infra/postgres/roles.sql).',
    });
  return findings;
}

const haveOne = (left: Keys, right: Keys): boolean =>
  left.some((one) => right.some((other) => one.id === other.id && same(one, other)));

const anySame = (left: Keys, right: Keys): boolean =>
  left.some((one) => right.some((other) => same(one, other)));

const same = (left: Keys[number], right: Keys[number]): boolean =>
  equalsInConstantTime(left.key.secret.reveal(), right.key.secret.reveal());

function roleOf(url: string): string {
  const { host, username } = new URL(url);
  return `${username}@${host}`;
}
