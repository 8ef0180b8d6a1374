import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { AdministrationWorld } from '../testing/administration-world.js';
import { shareWorld } from '../testing/service-world.js';

const log = new KeptLog();
let api: AdministrationWorld;

shareWorld(
  () =>
    AdministrationWorld.start(log, {
      telemetry: { toolLabels: 100, audit: { enabled: true, arguments: [] } },
    }),
  (started) => (api = started),
);

const digestOf = (tsid: string): string => Buffer.from(sha256(tsid), 'base64url').toString('hex');
const OPERATOR = { clientId: 'operations', service: 'authorization-server', category: 'audit' };

test('what an administrator does has a line: who, what, about whom, and what came of it; a session as in the lines of its own', async () => {
  const { account, tsid, clientId } = await api.signedIn('audited');
  const token = await api.token();
  log.audited.length = 0;
  await api.call(`/sessions/${digestOf(tsid)}`, { method: 'DELETE', token });
  await api.call(`/accounts/${account.toUpperCase()}/connections/octo`, { token });
  await api.call(`/clients/${clientId}`, { token });
  await api.call('/accounts/nobody', { token });
  expect(log.auditedOf('session-closed')).toEqual([
    expect.objectContaining({ subject: account, session: sha256(tsid), reason: 'revoked' }),
  ]);
  expect(log.auditedOf('administered')).toEqual([
    expect.objectContaining({ ...OPERATOR, act: 'endSession', status: 204, session: sha256(tsid) }),
    expect.objectContaining({
      ...OPERATOR,
      act: 'readConnection',
      status: 200,
      subject: account,
      provider: 'octo',
    }),
    expect.objectContaining({ ...OPERATOR, act: 'readClient', status: 200, client: clientId }),
    expect.objectContaining({ ...OPERATOR, act: 'readAccount', status: 400 }),
  ]);
  // What is no id is not repeated.
  expect(log.audited.join('')).not.toContain('nobody');
  expect(log.audited.join('')).not.toContain(tsid);
});

test('who is refused has a line with the reason, and with the client where a token of this gateway named it', async () => {
  const scopeless = await api.token('scopeless');
  log.audited.length = 0;
  await api.call('/accounts');
  await api.call('/accounts', { token: 'made-up' });
  await api.call('/accounts', { token: scopeless });
  const [none, wrong, without] = log.auditedOf('administration-refused');
  expect(none).toMatchObject({ reason: 'no_token' });
  expect(wrong).toMatchObject({ reason: 'invalid_token' });
  expect(without).toMatchObject({ reason: 'insufficient_scope', clientId: 'scopeless' });
  for (const line of [none, wrong]) expect(line).not.toHaveProperty('clientId');
  expect(log.audited.join('')).not.toContain('made-up');
});
