import { expect, test } from '@jest/globals';
import { columnsOf, type RowOf } from './row-of.js';

interface Model {
  id: string;
  accountId: string;
  accessExpiresAt: Date | null;
  tokens: Uint8Array | null;
}
const FIELDS = ['id', 'accountId', 'accessExpiresAt'] as const satisfies readonly (keyof Model)[];

test('columns come under the names of the model, with and without a table', () => {
  expect(columnsOf(FIELDS)).toBe('id, account_id as "accountId", access_expires_at as "accessExpiresAt"');
  expect(columnsOf(['tokens', 'accountId'], 'c')).toBe('c.tokens, c.account_id as "accountId"');
});

test('a row has the fields that were asked for, with their brand, and bytes as a Buffer', () => {
  const row: RowOf<Model, 'id' | 'tokens' | 'accessExpiresAt', { id: 'branded' }> = {
    id: 'branded',
    tokens: Buffer.from('bytes'),
    accessExpiresAt: null,
  };
  // @ts-expect-error -- a field that was not asked for is not there
  expect(row.accountId).toBeUndefined();
  expect(row.tokens?.toString('utf8')).toBe('bytes');
});
