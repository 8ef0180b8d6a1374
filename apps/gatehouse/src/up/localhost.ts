import { lookup } from 'node:dns/promises';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { Cannot } from '../cannot.js';

/** Machines and containers without `localhost` in /etc/hosts: everything starts there, and nobody can sign in. */
export async function refuseUnknownLocalhost(
  { publicUrl, authServer }: Pick<GatehouseModel, 'publicUrl' | 'authServer'>,
  find: (name: string) => Promise<unknown> = lookup,
): Promise<void> {
  const names = [publicUrl, authServer?.issuer].map((url) => url && new URL(url).hostname);
  if (!names.includes('localhost')) return;
  await find('localhost').catch(() => {
    throw new Cannot(
      'The name localhost has no address on this machine. Add the line "127.0.0.1 localhost" to /etc/hosts, then run the command again.',
      'tryAgain',
    );
  });
}
