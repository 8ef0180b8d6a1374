import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { AUDIENCE } from '../proxy.fixture.js';

/**
 * The API server of a cluster, as far as callers' tokens go: it publishes its keys for pods that show the token of their account, under a
 * certificate of its own authority. The folder is that of a pod's projected volume, whose files change by a link.
 */
export class Cluster {
  issuer = '';
  folder = '';
  /** What was shown with each request. */
  readonly shown: string[] = [];
  /** Where its metadata say that the keys are; absent: here. */
  keysElsewhere: string | undefined;
  /** The token of this pod. */
  podToken = '';
  /** Of the key that it signs with. */
  kid = '';
  #key: CryptoKey | undefined;
  #published: JWK[] = [];
  readonly #certificate = selfSignedCertificate();
  readonly #server = createServer(this.#certificate, (request, response) => this.#answer(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.issuer = `https://localhost:${(this.#server.address() as AddressInfo).port}`;
    this.folder = await mkdtemp(join(tmpdir(), 'gatehouse-cluster-'));
    await writeFile(join(this.folder, 'ca.crt'), this.#certificate.cert);
    await this.rotatePodToken();
    await this.rotateKey();
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.folder, { recursive: true });
  }

  /** As the kubelet does: another file, and then the link. The token of before is good for nothing. */
  async rotatePodToken(): Promise<void> {
    this.podToken = `pod-token-${randomUUID()}`;
    const [file, link] = [randomUUID(), join(this.folder, randomUUID())];
    await writeFile(join(this.folder, file), `${this.podToken}\n`);
    await symlink(file, link);
    await rename(link, join(this.folder, 'token'));
  }

  /** Signs with a new key from now on, and publishes that one alone. */
  async rotateKey(): Promise<void> {
    const pair = await generateKeyPair('RS256', { extractable: true });
    this.kid = randomUUID();
    this.#key = pair.privateKey;
    this.#published = [{ ...(await exportJWK(pair.publicKey)), kid: this.kid, alg: 'RS256', use: 'sig' }];
  }

  /** As `kubectl create token` makes it; with what is undefined left out. */
  async tokenOf(
    namespace: string,
    name: string,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    if (this.#key === undefined) throw new Error('not started');
    const now = Math.floor(Date.now() / 1_000);
    return await new SignJWT({
      iss: this.issuer,
      aud: [AUDIENCE],
      sub: `system:serviceaccount:${namespace}:${name}`,
      iat: now,
      nbf: now,
      exp: now + 3_600,
      jti: randomUUID(),
      'kubernetes.io': bindingOf(namespace, name),
      ...more,
    })
      .setProtectedHeader({ alg: 'RS256', kid: this.kid })
      .sign(this.#key);
  }

  #answer({ url, headers: { authorization = '' } }: IncomingMessage, response: ServerResponse): void {
    this.shown.push(authorization);
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (authorization !== `Bearer ${this.podToken}`) answer(401, { kind: 'Status', code: 401 });
    else if (url === '/.well-known/openid-configuration')
      answer(200, { issuer: this.issuer, jwks_uri: this.keysElsewhere ?? `${this.issuer}/openid/v1/jwks` });
    else if (url === '/openid/v1/jwks') answer(200, { keys: this.#published });
    else answer(404, { kind: 'Status', code: 404 });
  }
}

/** What a token of an account that a pod uses says of both. */
export const bindingOf = (namespace: string, name: string): object => ({
  namespace,
  pod: { name: `${name}-7d9c`, uid: randomUUID() },
  serviceaccount: { name, uid: randomUUID() },
});
