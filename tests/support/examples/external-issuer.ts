import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { answersOk, Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';

/** A program that asks for tokens for itself. */
export interface Machine {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface ExternalIssuer {
  readonly issuer: string;
  /** An access token for a program (RFC 6749 section 4.4) that is good at one resource (RFC 8707). */
  tokenOf(machine: Machine, resource: string): Promise<string>;
  stop(): Promise<void>;
}

/** An authorization server that nobody here wrote (the npm package oidc-provider), for MCP servers of a company. */
export async function externalIssuer(
  machines: readonly Machine[] = [],
  {
    audience,
    groups,
  }: {
    /** What its access tokens name, whatever resource they are for. */
    readonly audience?: string;
    /** What they say of people, by login. */
    readonly groups?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Promise<ExternalIssuer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-external-issuer-'));
  const [port, adminPort] = [await freePort(), await freePort()];
  const issuer = `http://localhost:${port}`;
  const keysFile = join(folder, 'keys.json');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
  await writeFile(keysFile, JSON.stringify([key]), { mode: 0o600 });
  const clients = machines.map(({ clientId, clientSecret }) => ({
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
  }));
  const storeFile = join(folder, 'store.json');
  const program = await new Program({
    name: 'external issuer',
    script: inRepository('tests/support/real-providers/node-oidc-provider.mjs'),
    args: [],
    environment: {
      OIDC_PROVIDER: JSON.stringify({
        issuer,
        port,
        adminPort,
        keysFile,
        storeFile,
        clients,
        apiScope: 'mcp',
        audience,
        groups,
      }),
    },
    isReady: () => answersOk(`${issuer}/.well-known/oauth-authorization-server`),
  }).start();
  return {
    issuer,
    async tokenOf({ clientId, clientSecret }, resource) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'mcp', resource }),
      });
      const answer = (await response.json()) as { access_token?: string };
      if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
      return answer.access_token;
    },
    async stop() {
      await program.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
