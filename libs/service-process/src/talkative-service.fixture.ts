import { runService } from './run-service.js';

/** A service that does nothing but write its log, at its very end as well. */
await runService({
  service: 'vmcp-proxy',
  partOf: ({ shutdownTimeoutMs }) => ({ shutdownDelayMs: 0, shutdownTimeoutMs }),
  dependencies: () => [],
  start: async (_part, log) => {
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
