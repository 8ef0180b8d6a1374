import type { AddCommand } from './command.js';

interface Flags {
  readonly config: string;
  readonly listen?: string;
  readonly stopWithin?: string;
}

export const addBridge: AddCommand = (program, { terminal, ends }) => {
  program
    .command('bridge')
    .description('run the programs of backends with a command, and serve them to the proxy over HTTP')
    .requiredOption('--config <file>')
    .option('--listen <address>', 'host:port instead of listen.bridge of the configuration')
    .option(
      '--stop-within <duration>',
      'for calls that run when it is asked to stop; shutdownTimeout if that is shorter',
    )
    .action(async (flags: Flags) => {
      const { bridge } = await import('../bridge/bridge.js');
      ends(await bridge(flags, terminal));
    });
};
