/** The first of the ports that one gateway takes with its demonstration, unless something else is written. */
export const DEFAULT_PORT_BASE = 4483;

/** The distance of each port from the first. */
export const PORT_OFFSETS = {
  proxy: 0,
  'authorization-server': 1,
  'token-vault': 2,
  'acme-sso': 3,
  octo: 4,
  sts: 5,
  repos: 6,
  tickets: 7,
  postgres: 8,
  nats: 9,
  bridge: 10,
  control: 11,
} as const;

/** How far the internal listener of a service is above its public one: past all of the ports above. */
export const INTERNAL_PORT_OFFSET = 12;
