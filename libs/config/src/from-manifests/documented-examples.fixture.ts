import { manifest, type Fields, type Manifest } from './manifests.fixture.js';

/** Manifests of the shapes that the seed system's guides show. Five are run: tests/flows/manifests.spec.ts, manifest-guides.spec.ts. */
export const gateway = (spec: Fields): Manifest[] => [
  manifest('MCPGroup', 'tools'),
  manifest('MCPOIDCConfig', 'vmcp-oidc', {
    type: 'inline',
    inline: { issuer: 'https://auth.example.com', clientId: 'vmcp' },
  }),
  manifest('VirtualMCPServer', 'vmcp', { groupRef: { name: 'tools' }, ...spec }),
];

export const entry = (name: string, more: Fields = {}): Manifest =>
  manifest('MCPServerEntry', name, {
    groupRef: { name: 'tools' },
    remoteUrl: `https://${name}.example.com/mcp`,
    transport: 'streamable-http',
    ...more,
  });

export const MCP = 'https://mcp.example.com/mcp';
export const EXTERNAL = {
  type: 'oidc',
  oidcConfigRef: { name: 'vmcp-oidc', audience: MCP, resourceUrl: MCP },
};
