import { describe, expect, test } from '@jest/globals';
import type { ClusterObject, Status } from '../cluster/objects.js';
import { changed, example, made, secrets } from '../gateway/objects.fixture.js';
import {
  GATEWAY_CONDITIONS,
  gatewayConditions,
  isBelow,
  messageOf,
  objectCondition,
  type Writing,
} from './conditions.js';
import { eventsOf, nextStatus, type WantedStatus } from './status.js';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const LATER = new Date('2026-01-02T04:00:00.000Z');
const WRITTEN: Writing = { is: 'written', configMap: 'my-vmcp-gatehouse', digest: 'abc' };

function gateway(status?: Status): ClusterObject {
  const found = example().find(({ kind }) => kind === 'VirtualMCPServer');
  if (found === undefined) throw new Error('There is none.');
  return status === undefined ? found : { ...found, status };
}

const wantedOf = (result = made(), writing: Writing = WRITTEN): WantedStatus => ({
  ours: GATEWAY_CONDITIONS,
  conditions: gatewayConditions(gateway(), result, writing),
});

const typesOf = ({ conditions }: WantedStatus): Readonly<Record<string, string>> =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));

describe('conditions of a VirtualMCPServer', () => {
  test('of a valid one', () => {
    expect(typesOf(wantedOf())).toEqual({
      Valid: 'True ConfigurationValid',
      ConfigurationWritten: 'True Written',
      AuthServerConfigValidated: 'True AuthServerConfigValid',
      AuthConfigured: 'True AuthValid',
      OIDCConfigRefValidated: 'True Valid',
      BackendsDiscovered: 'True BackendsFound',
    });
  });

  test('a wrong authorization server is named as that, and what was valid before stays', () => {
    const result = made(changed('VirtualMCPServer.spec.authServerConfig.issuer', 'ftp://auth.example.com'));
    const wanted = wantedOf(result, { is: 'kept', configMap: 'my-vmcp-gatehouse' });
    expect(typesOf(wanted)).toMatchObject({
      Valid: 'False ConfigurationInvalid',
      AuthServerConfigValidated: 'False AuthServerConfigInvalid',
      ConfigurationWritten: 'False EarlierConfigurationKept',
      BackendsDiscovered: 'True BackendsFound',
    });
    expect(wanted.conditions[0]?.message).toContain(
      'VirtualMCPServer/my-vmcp spec.authServerConfig.issuer: ',
    );
  });

  test('an MCPOIDCConfig that is not there, and one that is wrong', () => {
    const without = made(example().filter(({ kind }) => kind !== 'MCPOIDCConfig'));
    expect(typesOf(wantedOf(without))['OIDCConfigRefValidated']).toBe('False NotFound');
    const wrong = made(changed('MCPOIDCConfig.spec.inline.isuer', 'https://auth.example.com'));
    expect(typesOf(wantedOf(wrong))['OIDCConfigRefValidated']).toBe('False NotValid');
  });

  test('a Secret that is missing is a matter of authentication', () => {
    const result = made(example(), secrets({ 'Secret/provider-secrets': { is: 'missing' } }));
    expect(typesOf(wantedOf(result))['AuthConfigured']).toBe('False AuthInvalid');
  });

  test('a problem of another object whose name begins alike is not its own', () => {
    expect(isBelow('MCPServerEntry/tickets2 spec.remoteUrl', 'MCPServerEntry/tickets')).toBe(false);
    expect(isBelow('MCPServerEntry/tickets spec.remoteUrl', 'MCPServerEntry/tickets')).toBe(true);
    expect(isBelow('MCPServerEntry/tickets', 'MCPServerEntry/tickets')).toBe(true);
    const [entry] = example().filter(({ kind }) => kind === 'MCPServerEntry');
    const problems = [{ document: '', path: 'MCPServerEntry/backend-google2 spec', message: 'Wrong.' }];
    expect(entry && objectCondition(entry, problems).status).toBe('True');
  });

  test('a message of very many problems says how many more there are', () => {
    const problems = Array.from({ length: 300 }, (_, number) => ({
      document: '',
      path: `a${number}`,
      message: 'Wrong.',
    }));
    expect(messageOf(problems)).toMatch(/… and 280 more$/);
    const long = messageOf([{ document: '', path: 'a', message: 'x'.repeat(100_000) }]);
    expect(long.length).toBeLessThanOrEqual(8_000);
  });
});

describe('the status', () => {
  test('is written once: an object that says all of it is left alone, whatever the order of its members', () => {
    const status = nextStatus(gateway(), wantedOf(), NOW);
    expect(status?.conditions).toHaveLength(6);
    const shuffled = Object.fromEntries(Object.entries(status ?? {}).reverse());
    expect(nextStatus(gateway(shuffled), wantedOf(), LATER)).toBeUndefined();
  });

  test('keeps the time at which a condition became what it is, and conditions and fields of others', () => {
    const foreign = {
      type: 'Ready',
      status: 'True',
      reason: 'x',
      message: 'y',
      lastTransitionTime: 'z',
    } as const;
    const first = nextStatus(gateway({ phase: 'Ready', conditions: [foreign] }), wantedOf(), NOW);
    const wrong = made(changed('VirtualMCPServer.spec.authServerConfig.issuer', 'ftp://auth.example.com'));
    const second = nextStatus(gateway(first), wantedOf(wrong), LATER);
    expect(second?.['phase']).toBe('Ready');
    expect(second?.conditions?.find(({ type }) => type === 'Ready')).toEqual(foreign);
    const timeOf = (type: string): string | undefined =>
      second?.conditions?.find((one) => one.type === type)?.lastTransitionTime;
    expect(timeOf('Valid')).toBe('2026-01-02T04:00:00Z');
    expect(timeOf('BackendsDiscovered')).toBe('2026-01-02T03:04:05Z');
  });

  test('a condition of ours that is not wanted any more goes', () => {
    const first = nextStatus(gateway(), wantedOf(), NOW);
    const fewer = { ...wantedOf(), conditions: wantedOf().conditions.slice(0, 1) };
    expect(nextStatus(gateway(first), fewer, LATER)?.conditions?.map(({ type }) => type)).toEqual(['Valid']);
  });
});

test('events tell transitions: written, wrong, wrong in another way, right again; and nothing twice', () => {
  const wrong = (issuer: string): WantedStatus =>
    wantedOf(made(changed('VirtualMCPServer.spec.authServerConfig.issuer', issuer)), {
      is: 'kept',
      configMap: 'my-vmcp-gatehouse',
    });
  let status: Status | undefined;
  const reasonsOf = (wanted: WantedStatus): readonly string[] => {
    const told = eventsOf(gateway(status), wanted).map(({ type, reason }) => `${type} ${reason}`);
    status = nextStatus(gateway(status), wanted, NOW) ?? status;
    return told;
  };
  expect(reasonsOf(wantedOf())).toEqual(['Normal Written']);
  expect(reasonsOf(wantedOf())).toEqual([]);
  expect(reasonsOf(wrong('ftp://auth.example.com'))).toEqual(['Warning ConfigurationInvalid']);
  expect(reasonsOf(wrong('ftp://auth.example.com'))).toEqual([]);
  expect(reasonsOf(wrong('https://auth.example.com/?a=b'))).toEqual(['Warning ConfigurationInvalid']);
  expect(reasonsOf(wantedOf())).toEqual(['Normal ConfigurationValid', 'Normal Written']);
});
