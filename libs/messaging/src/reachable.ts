import { connect } from '@nats-io/transport-node';
import { type BusOptions, connectionOptions } from './bus-options.js';

const TIMEOUT_MS = 4_000;

/** @returns why the bus cannot be used; `undefined` when it answers. */
export async function busUnreachable(options: BusOptions): Promise<string | undefined> {
  try {
    const connection = await connect({
      ...connectionOptions(options),
      timeout: TIMEOUT_MS,
      reconnect: false,
    });
    await connection.close();
    return undefined;
  } catch (error) {
    const name = error instanceof Error ? error.name : 'error';
    const where = options.servers.map(withoutCredentials).join(', ');
    return name === 'AuthorizationError' || name === 'UserAuthenticationExpiredError'
      ? `NATS at ${where} refuses the user ${options.user} or its password.`
      : `NATS at ${where} cannot be reached (${name}).`;
  }
}

const withoutCredentials = (server: string): string => server.replace(/\/\/[^@/]*@/, '//');
