import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

/** V-04, V-07, V-09: the proxy accepts exactly the tokens that the embedded authorization server issues for it. */
export const incomingAuthAgrees: Rule = ({ authServer, incomingAuth, resourceUrl }) => {
  if (authServer === undefined) return [];
  if (incomingAuth.type !== 'oidc')
    return [
      {
        path: ['incomingAuth', 'type'],
        related: [['authServer']],
        message: 'authServer needs type: oidc: its tokens would not be looked at.',
        instead: 'leave incomingAuth out',
      },
    ];
  // Has a finding of its own.
  if (incomingAuth.oidc.kubernetesServiceAccount !== undefined) return [];
  const { issuer, audience, resourceUrl: resource, introspection } = incomingAuth.oidc;
  const path: Path = ['incomingAuth', 'oidc'];
  return [
    ...differs([...path, 'issuer'], issuer, authServer.issuer, 'the issuer of authServer', [
      ['authServer', 'issuer'],
      ['publicUrl'],
    ]),
    ...differs([...path, 'audience'], audience, resourceUrl, 'the MCP endpoint', [['publicUrl']]),
    ...(introspection === undefined
      ? []
      : [
          {
            path: [...path, 'introspection'],
            related: [['authServer']],
            message: 'Tokens of authServer are signed JWTs, and nobody is asked about them.',
          },
        ]),
    ...differs([...path, 'resourceUrl'], resource, resourceUrl, 'the MCP endpoint', [['publicUrl']]),
  ];
};

const differs = (
  path: Path,
  written: string,
  needed: string,
  what: string,
  related: readonly Path[],
): readonly Finding[] =>
  written === needed
    ? []
    : [{ path, related, message: `This must equal ${what}, byte for byte.`, instead: needed }];
