import { describe, expect, test } from '@jest/globals';
import { MAX_ACTORS, type ExchangeGrant } from '@gatehouse/config/model/client-grants';
import { actorsIn, delegation, type Act, type Asked, type Presented } from './delegation.js';

const WHOLE = 'https://mcp.example/mcp';
const TICKETS = `${WHOLE}/tickets`;
const GRANT: ExchangeGrant = {
  subjectClients: ['desk'],
  actors: [],
  resources: [WHOLE, TICKETS],
  scopes: ['tickets:read', 'tickets:write'],
  lifespanMs: 60_000,
};
const SUBJECT: Presented = { client_id: 'desk', aud: WHOLE, scope: 'openid tickets:read reports:read' };
const ASKED: Asked = { actor: 'agent', resource: TICKETS, scopes: [] };

const chainOf = (actors: readonly string[]): Act | undefined =>
  actors.reduceRight<Act | undefined>(
    (act, sub) => ({ sub, ...(act === undefined ? {} : { act }) }),
    undefined,
  );

// RFC 8693, section 4.1.
describe('who acts for a person', () => {
  test('is named, with what both the token and the configuration give', () => {
    expect(delegation(SUBJECT, ASKED, GRANT, WHOLE)).toEqual({
      kind: 'granted',
      act: { sub: 'agent' },
      scopes: ['tickets:read'],
    });
  });

  test('stands before whoever acted before', () => {
    const subject = { ...SUBJECT, act: { sub: 'earlier', act: { sub: 'first' } } };
    const verdict = delegation(subject, ASKED, GRANT, WHOLE);
    expect(verdict.kind === 'granted' && actorsIn(verdict.act)).toEqual(['agent', 'earlier', 'first']);
  });

  test.each(Array.from({ length: MAX_ACTORS + 2 }, (_, index) => index))(
    'is no more than the end of a bounded chain: %i before',
    (before) => {
      const act = chainOf(Array.from({ length: before }, (_, index) => `agent-${index}`));
      const verdict = delegation({ ...SUBJECT, ...(act === undefined ? {} : { act }) }, ASKED, GRANT, WHOLE);
      expect(verdict.kind).toBe(before < MAX_ACTORS ? 'granted' : 'refused');
    },
  );

  // Section 4.4.
  test('is the one whom the token names, if it names one', () => {
    const of = (sub: unknown) => delegation({ ...SUBJECT, may_act: { sub } }, ASKED, GRANT, WHOLE).kind;
    expect(['agent', 'another', undefined, ['agent']].map(of)).toEqual([
      'granted',
      'refused',
      'refused',
      'refused',
    ]);
  });
});

describe('refused:', () => {
  test.each<[string, Partial<Presented>, Partial<Asked>, string]>([
    ['people of another client', { client_id: 'other' }, {}, 'invalid_request'],
    ['a part of the gateway for the whole of it', { aud: TICKETS }, { resource: WHOLE }, 'invalid_target'],
    ['one part of the gateway for another', { aud: `${WHOLE}/reports` }, {}, 'invalid_target'],
    ['a resource that is not this client’s', {}, { resource: `${WHOLE}/reports` }, 'invalid_target'],
    ['a scope that the person’s token has not', {}, { scopes: ['tickets:write'] }, 'invalid_scope'],
    ['a scope that the client may not have', {}, { scopes: ['reports:read'] }, 'invalid_scope'],
    ['one scope more than there is', {}, { scopes: ['tickets:read', 'openid'] }, 'invalid_scope'],
  ])('%s', (_what, subject, asked, error) => {
    const verdict = delegation({ ...SUBJECT, ...subject }, { ...ASKED, ...asked }, GRANT, WHOLE);
    expect(verdict).toMatchObject({ kind: 'refused', error });
  });

  test('nobody’s people but those of every client, where the configuration says so', () => {
    const everybody = { ...GRANT, subjectClients: ['*'] };
    expect(delegation({ ...SUBJECT, client_id: 'any' }, ASKED, everybody, WHOLE).kind).toBe('granted');
  });
});
