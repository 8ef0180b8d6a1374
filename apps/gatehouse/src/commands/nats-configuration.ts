import { port } from '../option-values.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly monitorPort?: number;
  readonly store?: string;
}

export const addNatsConfiguration: AddCommand = (program, { terminal }) => {
  program
    .command('nats-configuration')
    .description('print the nats-server configuration: one account per service, with what the contracts name')
    .argument('<file>')
    .option('--host <address>', 'address that nats-server listens on', '127.0.0.1')
    .option('--port <port>', 'client port', port, 4222)
    .option('--monitor-port <port>', 'monitoring port on loopback; left out: none', port)
    .option('--store <folder>', 'JetStream folder')
    .action(async (file: string, { host, port: client, monitorPort, store }: Flags) => {
      const { natsConfigurationFor } = await import('../nats-configuration.js');
      const listen = {
        host,
        port: client,
        ...(monitorPort === undefined ? {} : { monitorPort }),
        ...(store === undefined ? {} : { storeDirectory: store }),
      };
      terminal.stdout.write(natsConfigurationFor(file, listen));
    });
};
