import { defineConfig } from 'prisma/config';

/** The URL is needed by commands that look at a database only; `generate` works without. */
export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  datasource: { url: process.env['AUTHORIZATION_SERVER_DATABASE_URL'] ?? 'postgresql://localhost/gatehouse' },
});
