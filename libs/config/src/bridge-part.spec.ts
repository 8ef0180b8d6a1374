import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { bridgePart } from './bridge-part.js';
import { load, modelOf, problemsOf, SECRETS } from './configuration.fixture.js';
import { explain } from './explain.js';
import { vmcpProxyPart } from './parts.js';
import { program } from './rules/stdio-rows.fixture.js';

const WITH_PROGRAM = program({ secretEnv: { KEY: { env: 'API_KEY' } }, cwd: 'tools', timeout: '5s' });
const tokenOf = (providerName: string) => ({
  'outgoingAuth.backends.status': { type: 'upstreamInject', upstreamInject: { providerName } },
});
const SECRETS_OF_THE_BRIDGE = { BRIDGE_SECRET: SECRETS.BRIDGE_SECRET, API_KEY: SECRETS.API_KEY };

test('the bridge needs its own secrets and those of its programs, and no other', () => {
  expect(problemsOf(WITH_PROGRAM, 'bridge', SECRETS_OF_THE_BRIDGE)).toEqual([]);
  const { secret, url, backends } = bridgePart(modelOf(WITH_PROGRAM, 'bridge'));
  expect([secret?.reveal(), url]).toEqual([SECRETS.BRIDGE_SECRET, 'http://127.0.0.1:4493']);
  const [only] = backends;
  expect(backends).toHaveLength(1);
  expect(only).toMatchObject({ name: 'status', cwd: 'tools', callTimeoutMs: 5_000 });
  expect(only?.secretEnv.get('KEY')?.reveal()).toBe(SECRETS.API_KEY);
  expect(only?.processes).toEqual({
    atOnce: 64,
    atOncePerPerson: 16,
    idleTimeoutMs: 600_000,
    startTimeoutMs: 30_000,
  });
});

test('the bridge gives up no call before the proxy does, whichever tool it is of', () => {
  const toolTimeouts = [
    { tools: ['build'], timeout: '3m' },
    { tools: ['look'], timeout: '1s' },
  ];
  const [only] = bridgePart(modelOf(program({ timeout: '5s', toolTimeouts }), 'bridge')).backends;
  expect(only?.callTimeoutMs).toBe(180_000);
});

test('the proxy knows where a program is served, and nothing of the program', () => {
  const model = modelOf(WITH_PROGRAM, 'vmcp-proxy');
  const backend = vmcpProxyPart(model).backends[3];
  expect(backend).toMatchObject({ url: 'http://127.0.0.1:4493/status/mcp', insecureAllowHttp: true });
  expect(backend?.bridge?.secret?.reveal()).toBe(SECRETS.BRIDGE_SECRET);
  expect(backend?.wayOut?.noProxy).toEqual(['*']);
  expect(inspect(backend, { depth: 9 })).not.toMatch(/status-server|API_KEY/);
  expect(vmcpProxyPart(model).backends[0]).not.toHaveProperty('bridge');
});

test('proxy and bridge have one name for what is started for a backend, and it changes with whatever a token depends on', () => {
  const nameOf = (changes: Parameters<typeof program>[0] = {}, provider = 'octo'): string | undefined => {
    const all = { ...program({ tokenEnv: 'API_TOKEN', ...changes }), ...tokenOf(provider) };
    const ofProxy = vmcpProxyPart(modelOf(all, 'vmcp-proxy')).backends[3]?.bridge?.program;
    expect(bridgePart(modelOf(all, 'bridge')).backends[0]?.program).toBe(ofProxy);
    return ofProxy;
  };
  const before = nameOf();
  expect(before).toMatch(/^[\w-]{43}$/);
  expect(nameOf({ timeout: '11s' })).toBe(before);
  expect(nameOf({ processes: { atOnce: 3 } })).toBe(before);
  const others = [
    nameOf({ command: ['another-server'] }),
    nameOf({ command: ['status-server', '--verbose'] }),
    nameOf({ cwd: 'elsewhere' }),
    nameOf({ env: { LEVEL: 'high' } }),
    nameOf({ secretEnv: { KEY: { env: 'API_KEY' } } }),
    nameOf({ tokenEnv: 'ANOTHER' }),
    nameOf({}, 'acme-sso'),
  ];
  expect(new Set([before, ...others]).size).toBe(others.length + 1);
});

test('without a program nobody looks for the secret of the bridge', () => {
  const unused = { bridge: { secret: { env: 'BRIDGE_SECRET' } } };
  const others = Object.entries(SECRETS).filter(([name]) => name !== 'BRIDGE_SECRET');
  for (const part of ['vmcp-proxy', 'bridge'] as const)
    expect(problemsOf(unused, part, Object.fromEntries(others))).toEqual([]);
});

test('what follows from a command is shown, without any value', () => {
  const loaded = load(WITH_PROGRAM, 'none');
  const shown = loaded.ok ? explain(loaded.model) : [];
  expect(shown).toContainEqual({
    path: 'backends.status.url',
    value: 'http://127.0.0.1:4493/status/mcp',
    because: 'gatehouse bridge runs its program there, for the proxy alone',
  });
  expect(shown).toContainEqual({
    path: 'backends.status.secretEnv.KEY',
    value: 'env API_KEY',
    because: 'read by bridge',
  });
  expect(shown).toContainEqual({
    path: 'bridge.secret',
    value: 'env BRIDGE_SECRET',
    because: 'read by vmcp-proxy, bridge',
  });
});
