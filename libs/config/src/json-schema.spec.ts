import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { configurationText, type Changes } from './configuration.fixture.js';
import { configurationJsonSchema } from './json-schema.js';
import { PROFILES } from './profiles/profiles.js';

const validate = new Ajv({ allErrors: true, strictTypes: false }).compile(configurationJsonSchema());

/** Places and words of what an editor would underline. */
const said = (document: unknown): readonly string[] => {
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`);
};

const REPOSITORY = new URL('../../../', import.meta.url);
const textAt = (path: string): string => readFileSync(new URL(path, REPOSITORY), 'utf8');
const examples = readdirSync(new URL('examples', REPOSITORY), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `examples/${name}/gatehouse.yaml`)
  .filter((path) => existsSync(new URL(path, REPOSITORY)));

describe('what validate accepts, the schema accepts', () => {
  test.each([...examples, 'libs/config/examples/gatehouse.yaml'])('%s', (path) => {
    expect(said(parse(textAt(path)))).toEqual([]);
  });

  test.each<[string, Changes]>([
    ['the document of the other specs', {}],
    ['a word in place of a number', { 'listen.proxy.workers': 'auto' }],
    ['a word in place of a flag', { 'authServer.clientRegistration.metadataDocuments': { enabled: 'auto' } }],
    [
      'a strategy by the name that the seed system has for it',
      {
        'outgoingAuth.default': {
          type: 'header_injection',
          headerInjection: { headerName: 'X-Key', headerValue: { env: 'API_KEY' } },
        },
      },
    ],
  ])('%s', (_what, changes) => {
    expect(said(parse(configurationText(changes)))).toEqual([]);
  });

  test.each(Object.entries(PROFILES))('a provider that is known: %s', (provider, { parameters = {} }) => {
    const written = Object.fromEntries(
      Object.entries(parameters).map(([name, { example }]) => [name, example]),
    );
    const clientSecret = { secretRef: { name: 'sso', key: 'client-secret' } };
    const upstreamProviders = [{ name: 'one', provider, clientId: 'x', clientSecret, ...written }];
    expect(said(parse(configurationText({ 'authServer.upstreamProviders': upstreamProviders })))).toEqual([]);
  });
});

describe('what is wrong is underlined where it stands', () => {
  test.each<[string, Changes, string]>([
    ['a field that is not there', { publicURL: 'https://x.example' }, ' must NOT have additional properties'],
    ['a text where fields belong', { backends: 'github' }, '/backends must be array'],
    [
      'a choice that is none',
      { 'outgoingAuth.default': { type: 'upstream' } },
      '/outgoingAuth/default/type must be equal to one of the allowed values',
    ],
    [
      'a secret in plain text',
      { 'authServer.upstreamProviders.0.oidcConfig.clientSecret': 'hunter2' },
      '/authServer/upstreamProviders/0/oidcConfig/clientSecret must be object',
    ],
    [
      'a secret in two places',
      { 'authServer.upstreamProviders.0.oidcConfig.clientSecret': { env: 'A', file: '/b' } },
      '/authServer/upstreamProviders/0/oidcConfig/clientSecret must match exactly one schema in oneOf',
    ],
    [
      'a provider that nobody describes',
      { 'authServer.upstreamProviders.0.type': undefined },
      "/authServer/upstreamProviders/0 must have required property 'type'",
    ],
    [
      'a field of no provider',
      { 'authServer.upstreamProviders': [{ name: 'one', provider: 'github', clientID: 'x' }] },
      '/authServer/upstreamProviders/0 must NOT have additional properties',
    ],
  ])('%s', (_what, changes, words) => {
    expect(said(parse(configurationText(changes)))).toContain(words);
  });
});
