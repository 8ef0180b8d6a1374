import { createPublicKey } from 'node:crypto';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { AuthServer } from '../model/auth-server.js';
import { authenticates, FAPI2_SIGNING_ALGORITHMS, type PublicJwk } from '../model/client-keys.js';
import { FAPI2_CODE_LIFESPAN_MS } from '../model/request-protection.js';
import type { Rule } from './rule.js';

const CLIENTS: Path = ['authServer', 'clientRegistration', 'clients'];
const MIN_RSA_BITS = 2_048;

type Client = AuthServer<unknown>['clientRegistration']['clients'][number];

/** A pre-registered client proves in one way who it is, and only a client that does may leave PKCE out. */
export const clientProofs: Rule = ({ authServer }) =>
  (authServer?.clientRegistration.clients ?? []).flatMap((client, index) => [
    ...oneCredential(client, [...CLIENTS, index]),
    ...keys(client, [...CLIENTS, index]),
    ...options(client, [...CLIENTS, index]),
  ]);

const hasKeys = ({ jwks, jwksUri }: Client): boolean => jwks !== undefined || jwksUri !== undefined;

const CREDENTIALS = ['clientSecret', 'jwks', 'jwksUri', 'tlsClientAuth'] as const;

function oneCredential(client: Client, path: Path): readonly Finding[] {
  const given = CREDENTIALS.filter((name) => client[name] !== undefined);
  const [first, second] = given;
  if (first === undefined || second === undefined) return [];
  return [
    {
      path: [...path, second],
      related: [[...path, first]],
      message: `A client authenticates in one way: ${first} is there already.`,
    },
  ];
}

function keys({ jwks, jwksUri }: Client, path: Path): readonly Finding[] {
  if (jwks?.length === 0) return [{ path: [...path, 'jwks'], message: 'A client needs at least one key.' }];
  if (jwksUri !== undefined && !/^https:/i.test(jwksUri))
    return [{ path: [...path, 'jwksUri'], message: 'Keys are fetched over https only.' }];
  return (jwks ?? []).flatMap((jwk, index) => {
    const problem = keyProblem(jwk);
    return problem === undefined ? [] : [{ path: [...path, 'jwks', index], message: problem }];
  });
}

function keyProblem(jwk: PublicJwk): string | undefined {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS)
      return `An RSA key has ${MIN_RSA_BITS} bits or more.`;
    return undefined;
  } catch {
    return 'This is no public key: of EC it has crv, x and y, of OKP crv and x, of RSA n and e.';
  }
}

function options(client: Client, path: Path): readonly Finding[] {
  const findings: Finding[] = [];
  if (client.pkce === 'optional' && !authenticates(client))
    findings.push({
      path: [...path, 'pkce'],
      message: 'Nothing but PKCE keeps the code of a public client from others.',
      instead: 'pkce: required, or clientSecret, jwks or jwksUri',
    });
  for (const name of ['tokenEndpointAuthSigningAlg', 'requireSignedRequestObject'] as const)
    if (client[name] !== undefined && client[name] !== false && !hasKeys(client))
      findings.push({ path: [...path, name], message: 'Without jwks or jwksUri this client signs nothing.' });
  if (client.selfSignedTlsClientAuth === true && client.tokenEndpointAuthSigningAlg !== undefined)
    findings.push({
      path: [...path, 'tokenEndpointAuthSigningAlg'],
      related: [[...path, 'selfSignedTlsClientAuth']],
      message: 'A client that authenticates with its certificate signs no assertions.',
    });
  return findings;
}

/** What the FAPI 2.0 Security Profile demands (section 5.3.2) is not taken back by another setting. */
export const securityProfile: Rule = ({ authServer }) =>
  authServer?.requestProtection.securityProfile === 'fapi2' ? fapi2(authServer) : [];

function fapi2(authServer: AuthServer<unknown>): readonly Finding[] {
  const { requestProtection, tokenLifespans, clientRegistration } = authServer;
  const findings: Finding[] = [];
  const refuse = (path: Path, message: string, instead: string): void => {
    findings.push({ path, related: [['authServer', 'securityProfile']], message, instead });
  };
  if (requestProtection.pushedAuthorizationRequests !== 'required')
    refuse(
      ['authServer', 'pushedAuthorizationRequests'],
      'With securityProfile: fapi2 every authorization request is pushed.',
      'pushedAuthorizationRequests: required',
    );
  if (requestProtection.dpop.boundAccessTokens !== 'required')
    refuse(
      ['authServer', 'dpop', 'boundAccessTokens'],
      'With securityProfile: fapi2 every token is bound to a key.',
      'boundAccessTokens: required',
    );
  if (tokenLifespans.authCodeLifespanMs > FAPI2_CODE_LIFESPAN_MS)
    refuse(
      ['authServer', 'tokenLifespans', 'authCodeLifespan'],
      'With securityProfile: fapi2 a code lives for 60 s at most.',
      'authCodeLifespan: 60s',
    );
  clientRegistration.clients.forEach((client, index) => {
    const path = [...CLIENTS, index];
    if (!hasKeys(client) && client.tlsClientAuth === undefined)
      refuse(
        path,
        'With securityProfile: fapi2 every client authenticates with keys or a certificate.',
        'jwks, jwksUri or tlsClientAuth',
      );
    if (client.pkce === 'optional')
      refuse([...path, 'pkce'], 'With securityProfile: fapi2 every client uses PKCE.', 'pkce: required');
    const { tokenEndpointAuthSigningAlg: alg } = client;
    if (alg !== undefined && !FAPI2_SIGNING_ALGORITHMS.includes(alg))
      refuse(
        [...path, 'tokenEndpointAuthSigningAlg'],
        'With securityProfile: fapi2 clients sign with none but PS256, ES256 and Ed25519.',
        'tokenEndpointAuthSigningAlg: ES256',
      );
  });
  return findings;
}
