import { describe, expect, test } from '@jest/globals';
import {
  changed,
  coreObject,
  loadManifests,
  manifests,
  modelOfManifests,
  problemsOfManifests,
  specOf,
  textOf,
  warningsOfManifests,
} from './manifests.fixture.js';

const GATEWAY = 'VirtualMCPServer.spec';

describe('which VirtualMCPServer', () => {
  const two = (): unknown[] => [
    ...manifests(),
    { ...manifests()[8], metadata: { name: 'beta', namespace: 'tools' } },
  ];

  test('several are an error that lists them, until one is chosen', () => {
    expect(problemsOfManifests(two())).toMatchObject([
      {
        document: 'all.yaml',
        path: 'VirtualMCPServer/beta',
        line: 149,
        message:
          'There are several VirtualMCPServers, and one gateway is one of them: tools/acme, tools/beta.',
        instead: '--virtual-server tools/acme, or GATEHOUSE_VIRTUAL_SERVER',
      },
    ]);
    for (const name of ['beta', 'tools/beta'])
      expect(loadManifests(two(), name)).toMatchObject({ ok: true, model: { name: 'beta' } });
    expect(problemsOfManifests(two(), 'bta')).toMatchObject([
      { message: 'There is no VirtualMCPServer bta. There are: tools/acme, tools/beta.', instead: 'beta' },
    ]);
  });

  test('manifests without one are an error', () => {
    expect(problemsOfManifests(manifests().slice(0, 3))).toMatchObject([
      { message: expect.stringContaining('There is no VirtualMCPServer among the manifests') },
    ]);
  });
});

describe('the credential of a backend', () => {
  const strategyOf = (objects: readonly unknown[], name: string) =>
    modelOfManifests(objects).outgoingAuth.backends.get(name);

  test('discovered: what the backend itself names', () => {
    const objects = changed(`${GATEWAY}.outgoingAuth`, { source: 'discovered' });
    expect(strategyOf(objects, 'repos')).toMatchObject({ type: 'upstreamInject' });
    expect(strategyOf(objects, 'tickets')).toBeUndefined();
  });

  test('what the VirtualMCPServer says about it counts', () => {
    const objects = changed(`${GATEWAY}.outgoingAuth.backends.repos`, {
      type: 'externalAuthConfigRef',
      externalAuthConfigRef: { name: 'api-key' },
    });
    expect(strategyOf(objects, 'repos')).toMatchObject({ type: 'headerInjection' });
  });

  test('the default is for backends without one', () => {
    const objects = changed(`${GATEWAY}.outgoingAuth`, {
      default: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'api-key' } },
    });
    expect(modelOfManifests(objects).outgoingAuth.default).toMatchObject({ type: 'headerInjection' });
    expect(strategyOf(objects, 'repos')).toMatchObject({ type: 'upstreamInject' });
  });

  test('a backend that does not exist is an error at its name', () => {
    const objects = changed(`${GATEWAY}.outgoingAuth.backends.tikets`, { type: 'discovered' });
    expect(problemsOfManifests(objects)).toMatchObject([
      { path: 'VirtualMCPServer/acme spec.outgoingAuth.backends.tikets', instead: 'tickets' },
    ]);
  });

  test('a strategy that cannot be is an error, and the backend does not go without', () => {
    const objects = changed('MCPExternalAuthConfig.spec', {
      type: 'embeddedAuthServer',
      embeddedAuthServer: { issuer: 'https://auth.acme.example' },
    });
    expect(problemsOfManifests(objects)).toMatchObject([
      {
        path: 'MCPExternalAuthConfig/as-octo spec.embeddedAuthServer',
        message: expect.stringContaining('Refused'),
      },
    ]);
  });

  test('an exchange without a subjectProviderName takes the token of the first provider, as the schema says, and says so', () => {
    const objects = manifests();
    const exchange = objects.find(({ metadata }) => metadata.name === 'exchange')?.spec?.['tokenExchange'];
    Reflect.deleteProperty(exchange as object, 'subjectProviderName');
    expect(strategyOf(objects, 'tickets')).toMatchObject({ subjectProviderName: 'acme-sso' });
    expect(warningsOfManifests(objects).map(({ message }) => message)).toContain(
      'Left out: the token of acme-sso is the subject, because it is the first provider.',
    );
  });

  test('one header from a Secret is sent; two, or one beside a strategy, are refused', () => {
    const header = { headerName: 'X-Key', valueSecretRef: { name: 'clients', key: 'api-key' } };
    const one = changed('MCPServerEntry.spec.headerForward', { addHeadersFromSecret: [header] });
    changed(`${GATEWAY}.outgoingAuth`, { source: 'discovered' }, one);
    expect(strategyOf(one, 'tickets')).toMatchObject({ type: 'headerInjection', headerName: 'X-Key' });
    (
      specOf(one, 'MCPServerEntry')['headerForward'] as { addHeadersFromSecret: unknown[] }
    ).addHeadersFromSecret.push(header);
    expect(problemsOfManifests(one)).toMatchObject([
      { path: 'MCPServerEntry/tickets spec.headerForward.addHeadersFromSecret' },
    ]);
  });
});

describe('the URL of the gateway', () => {
  test('a resource that is the host alone is read as the MCP endpoint, with a warning at its place', () => {
    const objects = changed(`${GATEWAY}.incomingAuth.oidcConfigRef`, {
      name: 'own',
      audience: 'https://mcp.acme.example',
      resourceUrl: 'https://mcp.acme.example',
    });
    expect(modelOfManifests(objects)).toMatchObject({
      publicUrl: 'https://mcp.acme.example',
      incomingAuth: {
        oidc: { audience: 'https://mcp.acme.example/mcp', resourceUrl: 'https://mcp.acme.example/mcp' },
      },
    });
    expect(warningsOfManifests(objects).map(({ path }) => path)).toContain(
      'VirtualMCPServer/acme spec.incomingAuth.oidcConfigRef.resourceUrl',
    );
  });

  test('without resourceUrl the audience says it, and what the seed system does instead is a warning', () => {
    const objects = changed(`${GATEWAY}.incomingAuth.oidcConfigRef.resourceUrl`, undefined);
    expect(modelOfManifests(objects)).toMatchObject({ publicUrl: 'https://mcp.acme.example' });
    expect(warningsOfManifests(objects)).toContainEqual(
      expect.objectContaining({ instead: 'resourceUrl: https://mcp.acme.example/mcp' }),
    );
  });

  test('an external issuer, and anonymous callers, without any URL: localhost, with a warning', () => {
    const objects = changed(`${GATEWAY}.incomingAuth`, { type: 'anonymous' });
    for (const field of ['authServerConfig', 'outgoingAuth'])
      changed(`${GATEWAY}.${field}`, undefined, objects);
    changed('MCPServer.spec.externalAuthConfigRef', undefined, objects);
    expect(modelOfManifests(objects)).toMatchObject({
      publicUrl: 'http://localhost:4483',
      incomingAuth: { type: 'anonymous' },
    });
    expect(warningsOfManifests(objects)).toContainEqual(
      expect.objectContaining({ path: 'VirtualMCPServer/acme spec.incomingAuth' }),
    );
  });
});

describe('what manifests cannot say stands beside them', () => {
  test('a document without a kind adds fields and changes others by name', () => {
    const loaded = loadManifests([
      ...manifests(),
      {
        listen: { proxy: { host: '0.0.0.0' } },
        backends: [{ name: 'repos', url: 'https://repos.acme.example/mcp' }],
      },
    ]);
    expect(loaded).toMatchObject({ ok: true, model: { listen: { proxy: { host: '0.0.0.0' } } } });
    expect(loaded.ok && loaded.model.backends.map(({ url }) => url)).toEqual([
      'https://repos.acme.example/mcp',
      'https://tickets.acme.example/mcp',
      'https://reports.acme.example/mcp',
    ]);
  });

  test('a backend that stands beside the manifests gets the credential that they name for it, and never none', () => {
    const objects = changed(`${GATEWAY}.outgoingAuth.backends.wiki`, {
      type: 'externalAuthConfigRef',
      externalAuthConfigRef: { name: 'api-key' },
    });
    const model = modelOfManifests([
      ...objects,
      { backends: [{ name: 'wiki', url: 'https://wiki.acme.example/mcp' }] },
    ]);
    expect(model.outgoingAuth.backends.get('wiki')).toMatchObject({ type: 'headerInjection' });
  });

  test('a ConfigMap holds the same for tools that let only objects through, and problems in it have their line', () => {
    const text = 'listen:\n  proxy: { host: 0.0.0.0 }\nnuts: {}\n';
    const objects = [
      ...manifests(),
      coreObject('ConfigMap', 'gatehouse', { data: { 'gatehouse.yaml': text } }),
    ];
    const [problem, ...others] = problemsOfManifests(objects);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ path: 'ConfigMap/gatehouse gatehouse.yaml nuts' });
    expect(textOf(objects).split('\n')[(problem?.line ?? 0) - 1]).toContain('nuts');
  });

  test('several objects in a List are read', () => {
    expect(modelOfManifests([{ apiVersion: 'v1', kind: 'List', items: manifests() }])).toMatchObject({
      name: 'acme',
    });
  });
});
