import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, expect, test } from '@jest/globals';
import { checked, readConfiguration } from './configuration.js';
import { convert } from './convert.js';
import { DEMONSTRATION_CONFIGURATION } from './paths.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-convert-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const written = (text: string): string => {
  const file = join(folder, 'converted.yaml');
  writeFileSync(file, text);
  return file;
};

const plain = (_name: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries([...(value as Map<string, unknown>)].toSorted()) : value;
const modelOf = (file: string): unknown =>
  JSON.parse(JSON.stringify(checked(readConfiguration(file), 'none', {}).model, plain));

test.each([
  DEMONSTRATION_CONFIGURATION,
  ...['laptop', 'company', 'mixed', 'external-issuer', 'machine-clients'].map((example) =>
    inRepository('examples', example, 'gatehouse.yaml'),
  ),
])('%s as manifests is the same gateway', (file) => {
  expect(modelOf(written(convert(file, {})))).toEqual(modelOf(file));
});

test.each(['github-and-google', 'okta-exchange'])(
  'manifests of %s as a gatehouse.yaml are the same gateway',
  (example) => {
    const file = inRepository('examples/from-toolhive', `gatehouse-${example}.yaml`);
    const text = convert(file, { to: 'native' });
    expect(text).not.toContain('kind:');
    expect(modelOf(written(text))).toEqual(modelOf(file));
  },
);

test('a form that it has already is refused, with what to type', () => {
  expect(() => convert(DEMONSTRATION_CONFIGURATION, { to: 'native' })).toThrow(/--to manifests/);
});
