import { createServer } from 'node:net';
import type { PlannedPort } from './ports.js';

/** Which of the planned ports another program holds, on either loopback address. */
export async function takenPorts(planned: readonly PlannedPort[]): Promise<PlannedPort[]> {
  const answers = await Promise.all(
    planned.map(async (entry) => {
      const hosts = await Promise.all([isTaken(entry.port, '127.0.0.1'), isTaken(entry.port, '::1')]);
      return hosts.includes(true) ? [entry] : [];
    }),
  );
  return answers.flat();
}

function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 answers EADDRNOTAVAIL: nobody else can hold the port there either.
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' || error.code === 'EACCES'),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(false)));
  });
}

/** A port that nobody has now. */
export function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
