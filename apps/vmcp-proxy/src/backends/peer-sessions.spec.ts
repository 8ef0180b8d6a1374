import { expect, test } from '@jest/globals';
import { principalKey, type Principal } from '../incoming-auth/principal.js';
import { PeerSessions, type PeerSession } from './peer-sessions.js';

const principal = (subject: string, tsid: string): Principal => ({
  issuer: 'i',
  subject,
  clientId: 'c',
  scopes: new Set(),
  key: principalKey('i', subject, tsid),
});
const session = (subject: string, id: string): PeerSession => ({
  era: 'legacy',
  version: '2025-11-25',
  session: { id, key: id },
  backend: 'b',
  principal: principal(subject, id),
  owner: '',
});

test('one person with ever new sign-ins pushes out the oldest of her own backend sessions, and nobody else’s', () => {
  const told: (string | undefined)[] = [];
  const sessions = new PeerSessions((one) => told.push(one.session?.id), 3);
  sessions.set('other', session('bob', 'other'));
  for (const id of ['1', '2', '3', '4', '5']) sessions.set(id, session('alice', id));
  expect(told).toEqual(['1', '2']);
  expect(['1', '2', '3', '4', '5', 'other'].filter((key) => sessions.get(key) !== undefined)).toEqual([
    '3',
    '4',
    '5',
    'other',
  ]);
  // Sessions that were given up or replaced take no place.
  sessions.delete('3');
  sessions.set('4', session('alice', '4'));
  sessions.set('6', session('alice', '6'));
  expect(told).toEqual(['1', '2']);
  sessions.drop(({ subject }) => subject === 'alice');
  for (const id of ['7', '8', '9']) sessions.set(id, session('alice', id));
  expect([told, sessions.get('other')?.session?.id]).toEqual([['1', '2'], 'other']);
});
