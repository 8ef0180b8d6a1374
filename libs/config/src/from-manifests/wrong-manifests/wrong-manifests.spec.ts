import { describe, expect, test } from '@jest/globals';
import { SECRETS } from '../../configuration.fixture.js';
import type { Problem } from '../../findings/problems.js';
import { loadFiles, manifests, textOf } from '../manifests.fixture.js';
import { configMap, manifestsOf } from './manifest-row.fixture.js';
import { lineOfPlace } from './place-line.fixture.js';
import { INCOMING } from './places.fixture.js';
import { TEXT_ROWS } from './text-rows.fixture.js';
import { WRONG_MANIFESTS } from './wrong-manifests.fixture.js';

const problemsIn = (text: string): readonly Problem[] => {
  const loaded = loadFiles([{ document: 'all.yaml', text }]);
  return loaded.ok ? [] : loaded.problems;
};

/** What a row says of a problem; its column and the rule that found it come on top. */
const asRow = ({ document, path, line, message, instead }: Problem) => ({
  document,
  path,
  line,
  message,
  instead,
});

describe.each(['v1alpha1', 'v1beta1'])('manifests of %s', (version) => {
  test.each(WRONG_MANIFESTS)('$refused', (row) => {
    const text = textOf(manifestsOf(row, version));
    const expected = row.said.map(([path, message, instead]) => ({
      document: 'all.yaml',
      path,
      line: lineOfPlace(text, path),
      message,
      instead,
    }));
    expect(problemsIn(text).map(asRow)).toEqual(expected);
  });
});

test.each(TEXT_ROWS)('$refused is refused in line $line', ({ text, path, line, message }) => {
  expect(problemsIn(text(textOf(manifests()))).map(asRow)).toEqual([
    { document: 'all.yaml', path, line, message },
  ]);
});

test('a policy in the text of a ConfigMap is reported in its own line of that text', () => {
  const policies = ['permit(principal, action, resource);', 'nonsense'];
  const file = JSON.stringify({ type: 'cedarv1', cedar: { policies } }, undefined, 2);
  const text = textOf(
    manifestsOf({
      edits: { [`${INCOMING}.authzConfig`]: { type: 'configMap', configMap: { name: 'policies' } } },
      more: [configMap('policies', { 'authz.json': `${file}\n` })],
    }),
  );
  const line = 1 + text.split('\n').findIndex((written) => written.includes('"nonsense"'));
  expect(problemsIn(text)).toMatchObject([
    {
      path: 'ConfigMap/policies authz.json cedar.policies[1]',
      line,
      message: expect.stringMatching(/^Cedar: /),
    },
  ]);
});

test('messages speak of fields that manifests have', () => {
  const ofTheNativeForm =
    /\b(authServer|insecureAllowHttp: true beside|allowPrivateIps: true beside|headerValue:|clientSecret needs|scopesSupported)\b|\{ env: (?!TOKEN_VAULT_DATABASE_URL)/;
  const said = WRONG_MANIFESTS.flatMap((row) =>
    problemsIn(textOf(manifestsOf(row))).map(({ message, instead = '' }) => `${message} ${instead}`),
  );
  expect(said.filter((text) => ofTheNativeForm.test(text))).toEqual([]);
});

test('messages and what to write instead hold no value of a secret', () => {
  const said = WRONG_MANIFESTS.map((row) => JSON.stringify(problemsIn(textOf(manifestsOf(row))))).join('\n');
  expect(Object.values(SECRETS).filter((value) => said.includes(value))).toEqual([]);
  expect(said).not.toContain('plain-text-of-a-secret');
});

test('there are at least 200 of them, each another one', () => {
  const texts = new Set([
    ...WRONG_MANIFESTS.map((row) => textOf(manifestsOf(row))),
    ...TEXT_ROWS.map(({ text }) => text(textOf(manifests()))),
  ]);
  process.stdout.write(
    `${texts.size} wrong sets of manifests are refused with their message, path and line, in both versions\n`,
  );
  expect(texts.size).toBe(WRONG_MANIFESTS.length + TEXT_ROWS.length);
  expect(texts.size).toBeGreaterThanOrEqual(200);
});
