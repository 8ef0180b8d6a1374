import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@gatehouse/kernel/secret';
import type { IncomingOidc } from './model/incoming-auth.js';

type Issuer = IncomingOidc<Secret>['oidc'];

/**
 * The issuer of callers' tokens as it is asked now. A cluster is asked for its keys with the account of this pod, which rotates, at
 * an address inside it. Nothing but the cluster's own certificates is trusted, so that nobody else is shown the token.
 * @throws when one of the two files is not there, or empty
 */
export async function clusterAccess(issuer: Issuer): Promise<Issuer & { readonly credential?: Secret }> {
  const folder = issuer.kubernetesServiceAccount?.clusterAuthFolder;
  if (folder === undefined) return issuer;
  const [credential, caBundle] = await Promise.all([
    said(join(folder, 'token')),
    said(join(folder, 'ca.crt')),
  ]);
  return { ...issuer, allowPrivateIps: true, insecureAllowHttp: false, caBundle, credential };
}

async function said(file: string): Promise<Secret> {
  const text = (await readFile(file, 'utf8')).trim();
  if (text === '') throw new Error('a file of clusterAuthFolder is empty');
  return new Secret(text);
}
