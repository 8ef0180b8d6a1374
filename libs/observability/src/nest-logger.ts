import type { LoggerService } from '@nestjs/common';
import type { Log } from './log.js';

/** Nest's own warnings and errors, in the service's format. What it says of wiring at start is left out. */
export function nestLogger(log: Log): LoggerService {
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: (message: unknown, context?: unknown) => log.warn('framework-warning', fields(message, context)),
    error: (message: unknown, ...rest: unknown[]) =>
      log.error('framework-error', fields(message, rest.at(-1))),
    fatal: (message: unknown, ...rest: unknown[]) =>
      log.error('framework-error', fields(message, rest.at(-1))),
  };
}

const fields = (message: unknown, context: unknown) => ({
  text: message instanceof Error ? message.message : typeof message === 'string' ? message : 'not a text',
  context: typeof context === 'string' && !context.includes('\n') ? context : undefined,
});
