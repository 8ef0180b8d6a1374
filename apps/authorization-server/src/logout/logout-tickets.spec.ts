import { expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { LogoutTickets } from './logout-tickets.js';

const clock = { now: 1_000_000, nowMs: () => clock.now };
const tickets = new LogoutTickets(new Secret('a'.repeat(43)), clock);
const LOGOUT = { clientId: 'client', redirectUri: 'https://app.example/bye', state: 'é&=' };

test('a ticket says what was checked, for half an hour', () => {
  const ticket = tickets.issue(LOGOUT);
  expect(ticket).toMatch(/^[\w-]+\.[\w-]{43}$/);
  expect(tickets.open(ticket)).toEqual(LOGOUT);
  clock.now += 30 * 60_000;
  expect(tickets.open(ticket)).toEqual(LOGOUT);
  clock.now += 1;
  expect(tickets.open(ticket)).toBeUndefined();
});

test('what was changed, or issued with another key, is none', () => {
  const ticket = tickets.issue(LOGOUT);
  const [body = '', mac = ''] = ticket.split('.');
  const elsewhere = Buffer.from(
    JSON.stringify({ ...LOGOUT, redirectUri: 'https://evil.example', untilMs: 1e15 }),
  );
  const other = new LogoutTickets(new Secret('b'.repeat(43)), clock);
  for (const forged of [
    `${elsewhere.toString('base64url')}.${mac}`,
    `${body}.`,
    `.${mac}`,
    body,
    '',
    other.issue(LOGOUT),
  ])
    expect(tickets.open(forged)).toBeUndefined();
});
