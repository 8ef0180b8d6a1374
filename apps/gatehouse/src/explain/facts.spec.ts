import { expect, test } from '@jest/globals';
import { everyStrategy } from '../every-strategy.fixture.js';
import { factsOf } from './facts.js';
import { targetsOf } from './target.js';

const model = everyStrategy();

const told = (backend: string, tool?: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    factsOf(model, tool === undefined ? { backend } : { backend, tool }).map(({ about, is }) => [about, is]),
  );

test.each([
  [
    'entra',
    'obo',
    'a token from https://login.example, on behalf of the person, for their access token of sso',
    'sso (oidc, required)',
  ],
  [
    'cross',
    'xaa',
    'a token from https://auth.cross.example, for an assertion of https://sso.example about the person’s id_token of sso',
    'sso (oidc, required)',
  ],
  ['keyed', 'userHeader', 'what the person entered as Jira API token, in X-Key', undefined],
  ['machine', 'clientCredentials', 'a token of the gateway itself, for whoever calls', undefined],
  [
    'google',
    'googleServiceAccount',
    'an access token of a Google service account, for whoever calls',
    undefined,
  ],
  [
    'run',
    'googleServiceAccount',
    'an id_token for https://run.example of a Google service account, for whoever calls',
    undefined,
  ],
  ['files', 'unauthenticated (the default)', 'none', undefined],
])('%s: whose credential %s makes is told in words', (backend, strategy, credential, provider) => {
  const facts = told(backend);
  expect([facts['strategy'], facts['credential'], facts['provider']]).toEqual([
    strategy,
    credential,
    provider,
  ]);
});

test('a program runs at the bridge, and policies decide for each caller', () => {
  expect(told('files')).toMatchObject({
    backend: 'files at the bridge',
    policy: 'policies decide for each caller',
  });
});

test.each([
  ['read', 'the caller needs files:read', 'read, as the backend calls it'],
  ['write', 'the caller needs files:read, files:write', 'write, as the backend calls it'],
  [
    'write_all',
    'the caller needs files:read, files:write',
    'write_all, as the backend calls it; aggregation hides it',
  ],
])('the tool %s: %s', (tool, scopes, is) => {
  expect(told('files', tool)).toMatchObject({ scopes, tool: is });
});

test('a call of a backend that the configuration has lost is told as that', () => {
  expect(factsOf(model, { backend: 'gone' })).toEqual([
    { about: 'backend', is: 'gone, which this configuration does not have' },
  ]);
});

test('a tool is found by its new name; else the longest prefix wins, and a prefix alone is no tool', () => {
  expect(targetsOf(model, 'files_read')).toEqual([{ backend: 'files', tool: 'read' }]);
  expect(targetsOf(model, 'files_')).toEqual([]);
  expect(targetsOf(model, 'files')).toEqual([{ backend: 'files' }]);
  const nested = {
    ...model,
    backends: ['files', 'files_old'].flatMap((name) =>
      model.backends.slice(0, 1).map((backend) => ({ ...backend, name })),
    ),
  };
  expect(targetsOf(nested, 'files_old_read')).toEqual([{ backend: 'files_old', tool: 'read' }]);
  expect(targetsOf(model, 'files_look')).toEqual([{ backend: 'files', tool: 'read' }]);
});
