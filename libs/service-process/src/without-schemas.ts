const refuse = (): never => {
  throw new Error(
    'no route of a service has a schema of Fastify: requests are checked by contracts and by hand',
  );
};

/**
 * An option of Fastify. Without it Fastify loads two compilers of JSON Schema, some 250 files that no service asks: of each idle
 * process they are several MiB (docs/speed.md).
 */
export const WITHOUT_SCHEMAS = {
  compilersFactory: { buildValidator: () => refuse, buildSerializer: () => refuse },
} as const;
