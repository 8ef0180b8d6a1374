import { defineConfig } from 'prisma/config';

/** For the Prisma command line only; the service reads its database URL from the configuration. */
export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
});
