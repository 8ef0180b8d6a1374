import type { BusOptions } from '@gatehouse/messaging/bus-options';
import { busTroubles, type BusTrouble } from '@gatehouse/messaging/bus-troubles';
import type { Check } from './finding.js';

const SAID: Readonly<Record<BusTrouble['kind'], { readonly cause: string; readonly fix: string }>> = {
  unreachable: {
    cause: 'NATS cannot be reached.',
    fix: 'Start it, or correct nats.servers.',
  },
  refused: {
    cause: 'NATS refuses the user or the password.',
    fix: 'Give the service the credentials of its own user: nats.credentials, and NATS_PASSWORD_… of the server.',
  },
  permissions: {
    cause:
      'The user may not do what this service does: it is that of another service, or the server has an older configuration.',
    fix: 'Write the server’s configuration anew with `gatehouse nats-configuration`, and give each service its own user.',
  },
  jetstream: {
    cause: 'JetStream does not answer.',
    fix: 'Turn on JetStream, with a folder to write to: `gatehouse nats-configuration --store`.',
  },
  streams: {
    cause: 'Streams or buckets are missing.',
    fix: 'Run `gatehouse migrate`.',
  },
};

/** The bus, as one service sees it with its own credentials. */
export const busCheck = (options: BusOptions, withinMs: number): Check => {
  const about = `NATS for ${options.service}`;
  return {
    about,
    run: async () =>
      (await busTroubles(options, withinMs)).map(({ kind, evidence }) => ({
        name: `nats-${kind}`,
        about,
        evidence: `At ${options.servers.join(', ')}: ${evidence}.`,
        ...SAID[kind],
      })),
  };
};
