import { expect, describe, test } from '@jest/globals';
import { chartTool } from '../support/chart/chart-tools.js';
import { at, list, nameOf, ofKind, rendered, text } from '../support/chart/rendered.js';
import { configured } from '../support/chart/values.js';

const where = chartTool('helm') === undefined ? describe.skip : describe;

where('ways in', () => {
  const routes = (configuration: string): unknown => {
    const manifests = rendered(configured(configuration), {
      ingress: { enabled: true },
      gatewayApi: { enabled: true, parentRefs: [{ name: 'public' }] },
    });
    const ingress = list(at(ofKind(manifests, 'Ingress')[0], 'spec', 'rules')).map((rule) => [
      at(rule, 'host'),
      list(at(rule, 'http', 'paths')).map((path) => [
        at(path, 'path'),
        text(at(path, 'backend', 'service', 'name')).replace('gw-gatehouse-', ''),
      ]),
    ]);
    const gateway = ofKind(manifests, 'HTTPRoute').map((route) => [
      at(route, 'spec', 'hostnames', 0),
      list(at(route, 'spec', 'rules')).map((rule) => [
        at(rule, 'matches', 0, 'path', 'value'),
        text(at(rule, 'backendRefs', 0, 'name')).replace('gw-gatehouse-', ''),
      ]),
    ]);
    expect(gateway).toEqual(ingress);
    return ingress;
  };

  test('one host for both services: the paths of docs/reverse-proxy.md', () => {
    expect(routes('publicUrl: https://example.org\nauthServer: {}')).toEqual([
      [
        'example.org',
        [
          ['/.well-known/oauth-protected-resource/mcp', 'vmcp-proxy'],
          ['/mcp', 'vmcp-proxy'],
          ['/', 'authorization-server'],
        ],
      ],
    ]);
  });

  test('one host below a path: three paths at the root of the host belong to it, and nothing else does', () => {
    expect(routes('publicUrl: https://example.org/gatehouse\nauthServer: {}')).toEqual([
      [
        'example.org',
        [
          ['/.well-known/oauth-protected-resource/gatehouse/mcp', 'vmcp-proxy'],
          ['/gatehouse/mcp', 'vmcp-proxy'],
          ['/.well-known/oauth-authorization-server/gatehouse', 'authorization-server'],
          ['/.well-known/openid-configuration/gatehouse', 'authorization-server'],
          ['/gatehouse', 'authorization-server'],
        ],
      ],
    ]);
  });

  test('two hosts, and a third for the sign-in: each goes to its service as a whole', () => {
    const issuer = 'issuer: https://auth.example.org';
    const login = 'authorizationEndpointBaseUrl: https://login.example.org';
    expect(routes(`publicUrl: https://mcp.example.org\nauthServer: { ${issuer}, ${login} }`)).toEqual([
      ['auth.example.org', [['/', 'authorization-server']]],
      ['login.example.org', [['/', 'authorization-server']]],
      ['mcp.example.org', [['/', 'vmcp-proxy']]],
    ]);
  });

  test('with an external issuer there is no authorization server, and only the endpoint and its metadata are reached', () => {
    const configuration = 'publicUrl: https://example.org\nincomingAuth: { type: oidc }';
    expect(routes(configuration)).toEqual([
      [
        'example.org',
        [
          ['/.well-known/oauth-protected-resource/mcp', 'vmcp-proxy'],
          ['/mcp', 'vmcp-proxy'],
        ],
      ],
    ]);
    expect(
      ofKind(rendered(configured(configuration)), 'Deployment')
        .map(nameOf)
        .toSorted(),
    ).toEqual(['gw-gatehouse-token-vault', 'gw-gatehouse-vmcp-proxy']);
  });
});
