import { readFileSync } from 'node:fs';
import { inRepository } from '@gatehouse/testing/repository';
import { authlib } from './authlib.js';
import { dex } from './dex.js';
import { hydra } from './hydra.js';
import { keycloak } from './keycloak.js';
import { oidcProvider } from './oidc-provider.js';
import type { Place, RealProvider } from './real-provider.js';

export interface TestedProvider {
  /** As `npm run real-providers` and `gatehouse.yaml` of the test name it. */
  readonly name: string;
  readonly make: (place: Place) => Promise<RealProvider>;
  /** Whether its refresh tokens are for one use, by default. */
  readonly rotates: boolean;
  /** Whether it has a revocation endpoint (RFC 7009). */
  readonly revokes: boolean;
}

const PROVIDERS: readonly TestedProvider[] = [
  { name: 'oidc-provider', make: oidcProvider, rotates: false, revokes: true },
  { name: 'keycloak', make: keycloak, rotates: true, revokes: true },
  { name: 'dex', make: dex, rotates: true, revokes: false },
  { name: 'hydra', make: hydra, rotates: true, revokes: true },
  { name: 'authlib', make: authlib, rotates: true, revokes: true },
];

/** It comes with the packages of this repository. */
const ALWAYS = 'oidc-provider';

/** What `npm run real-providers` has installed, and asks for. */
const asked = (process.env['GATEHOUSE_REAL_PROVIDERS'] ?? ALWAYS).split(',');

export const testedProviders = PROVIDERS.filter(({ name }) => asked.includes(name));
export const leftOut = PROVIDERS.map(({ name }) => name).filter((name) => !asked.includes(name));

/** Where the tool installs them. */
export const folderOf = (name: string): string => inRepository('.gatehouse/real-providers', name);

export function versionOf(name: string): string {
  const file =
    name === ALWAYS
      ? inRepository('node_modules/oidc-provider/package.json')
      : `${folderOf(name)}/installed.json`;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
