import { runService } from './run-service.js';

/** How a service of that name fails to start. */
const FAILURES: Readonly<Record<string, string>> = { 'away-again': 'ETIMEDOUT', broken: 'ERR_ASSERTION' };

/** A service that does nothing but write its log, at its very end as well. */
await runService({
  service: 'vmcp-proxy',
  partOf: ({ name, shutdownTimeoutMs }) => ({ name, shutdownDelayMs: 0, shutdownTimeoutMs }),
  dependencies: () => [],
  start: async ({ name }, log) => {
    const code = FAILURES[name];
    if (code !== undefined) throw Object.assign(new Error('it fails as it is told to'), { code });
    const talking = setInterval(() => log.info('still-here'), 20);
    return await Promise.resolve({
      announceStop: () => undefined,
      close: async () => {
        clearInterval(talking);
        for (let line = 0; line < 100; line += 1) log.info('last-words', { line });
        await Promise.resolve();
      },
    });
  },
});
