import { expect, test } from '@jest/globals';
import type { Proofs, ProofVerdict } from '@gatehouse/access-tokens/proofs';
import type { AccountStore } from '../accounts/account.store.js';
import type { GrantedClaims } from './granted-claims.flow.js';
import type { OwnAccessToken, OwnAccessTokens } from './own-access-tokens.flow.js';
import { TokenHolder } from './token-holder.flow.js';
import { UserInfo } from './user-info.flow.js';

/** Each token is its person's name, with a key of its own where it is shown with a proof. */
function userInfoAt(clock: { nowMs(): number }, verdict: ProofVerdict['kind'] = 'proven') {
  const used: string[] = [];
  const tokens: Pick<OwnAccessTokens, 'current'> = {
    current: async (token) => {
      const [sub = '', key] = String(token).split(' ');
      const cnf = key === undefined ? {} : { cnf: { jkt: key } };
      return await Promise.resolve({
        sub,
        tsid: `of ${sub}`,
        scope: 'openid',
        ...cnf,
      } as unknown as OwnAccessToken);
    },
  };
  const accounts: Pick<AccountStore, 'find'> = {
    find: async (accountId) => await Promise.resolve({ accountId } as never),
  };
  const proofs: Pick<Proofs, 'areRequired' | 'verdictOn' | 'use'> = {
    areRequired: false,
    verdictOn: async () => await Promise.resolve({ kind: verdict, jti: 'j', nonce: 'n' } as ProofVerdict),
    use: async (boundTo) => {
      used.push(boundTo);
      return await Promise.resolve(true);
    },
  };
  const holder = new TokenHolder(proofs as Proofs);
  const granted: Pick<GrantedClaims, 'of'> = { of: async () => await Promise.resolve([]) };
  const userInfo = new UserInfo(
    tokens as OwnAccessTokens,
    accounts as AccountStore,
    holder,
    granted as GrantedClaims,
    clock,
  );
  const ask = async (token: string): Promise<string> => {
    const kind = token.includes(' ') ? 'dpop' : 'bearer';
    return (
      await userInfo.of({ kind, token, proof: 'p', certificate: () => undefined, method: 'GET', url: 'u' })
    ).kind;
  };
  return { ask, used };
}

const MANY = 120;

test.each([
  ['proofs, with a new key for each', (index: number) => `alice key-${index}`],
  ['requests', () => 'alice'],
])(
  'attack: one person sends more %s than anybody needs, from any number of addresses: 429, and nobody else is',
  async (_what, tokenOf) => {
    const clock = { at: 0, nowMs: () => clock.at };
    const { ask, used } = userInfoAt(clock);
    for (let index = 0; index < MANY; index += 1) expect(await ask(tokenOf(index))).toBe('claims');
    const kept = used.length;
    expect(await ask(tokenOf(MANY))).toBe('limited');
    // Nothing more is kept of them: what is kept of others stays.
    expect(used).toHaveLength(kept);
    expect(await ask('bob')).toBe('claims');
    clock.at += 1_000;
    expect(await ask(tokenOf(MANY))).toBe('claims');
  },
);

test('attack: whoever has a stolen token without its key uses up nothing of its person', async () => {
  const clock = { nowMs: () => 0 };
  const { ask } = userInfoAt(clock, 'refused');
  for (let index = 0; index <= MANY; index += 1) expect(await ask('alice key')).toBe('invalid_dpop_proof');
  expect(await ask('alice')).toBe('claims');
});
