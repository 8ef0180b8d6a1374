import { SERVICES } from '@gatehouse/kernel/services';
import { expect, test } from '@jest/globals';
import { configMapOf, isWritten, secretOf } from './names.js';
import { fileOf } from './references.js';

test('what the operator writes is known by its name', () => {
  expect(isWritten({ kind: 'ConfigMap', name: configMapOf('acme') })).toBe(true);
  for (const service of SERVICES)
    expect(isWritten({ kind: 'Secret', name: secretOf('acme', service) })).toBe(true);
  expect(isWritten({ kind: 'Secret', name: 'provider-secrets' })).toBe(false);
  expect(isWritten({ kind: 'ConfigMap', name: 'gw-gatehouse-configuration' })).toBe(false);
});

test('attack: two references that become one file, and so the value of the other. Names are kept apart', () => {
  const files = [
    { kind: 'Secret', name: 'a', key: 'b.c' },
    { kind: 'Secret', name: 'a.b', key: 'c' },
    { kind: 'Secret', name: 'a', key: 'b_c' },
    { kind: 'ConfigMap', name: 'a', key: 'b.c' },
    { kind: 'Secret', name: 'a', key: 'x'.repeat(253) },
    { kind: 'Secret', name: 'b', key: 'x'.repeat(253) },
  ] as const;
  const names = files.map(fileOf);
  expect(new Set(names).size).toBe(files.length);
  for (const name of names) expect(name).toMatch(/^[-._a-zA-Z0-9]{1,253}$/);
});
