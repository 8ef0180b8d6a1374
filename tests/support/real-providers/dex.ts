import { connect, type IncomingHttpHeaders } from 'node:http2';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { until } from '@gatehouse/testing/until';
import { keyIds } from './openid.js';
import type { Place, RealProvider, Registered } from './real-provider.js';
import { ServerProcess } from './server-process.js';

/** bcrypt of `demo`. */
const HASH = '$2b$10$ANRuQj0DG1zFG5PgugFrtOf.wRtvM4oEPvdZ53pSwLTp.XpOQks8y';
/** Dex looks for keys that are due every 30 seconds. */
const KEYS_FOR = '30s';
const ROTATED_WITHIN_MS = 180_000;

/** Dex with static passwords. Its keys are changed by time alone; grants are ended through its gRPC API. */
export async function dex({ origin, port, folder }: Place): Promise<RealProvider> {
  const server = await ServerProcess.inNewFolder();
  const grpcPort = await freePort();
  const issuer = `${origin}/dex`;
  const subjects = new Map<string, string>();
  let clientId = '';

  return {
    port,
    issuer,
    configuration: ['provider: dex', `baseUrl: ${issuer}`, 'CLIENT'],
    async start(registered) {
      clientId = registered.client.clientId;
      const file = join(server.folder, 'dex.json');
      // JSON is YAML.
      await writeFile(file, JSON.stringify(configuration({ issuer, port, grpcPort }, registered)), {
        mode: 0o600,
      });
      await server.start({
        command: [join(folder, 'dex'), 'serve', file],
        readyUrl: `http://127.0.0.1:${port}/dex/.well-known/openid-configuration`,
      });
    },
    async stop() {
      await server.close();
    },
    loginOf({ email, sub }) {
      subjects.set(String(email), String(sub));
      return String(email);
    },
    async rotateKeys() {
      const [before] = await keyIds(issuer);
      await until(async () => (await keyIds(issuer))[0] !== before, ROTATED_WITHIN_MS);
    },
    async endGrants(login) {
      const request = Buffer.concat([field(1, subjects.get(login) ?? ''), field(2, clientId)]);
      await unaryCall(grpcPort, '/api.Dex/RevokeRefresh', request);
    },
  };
}

interface At {
  readonly issuer: string;
  readonly port: number;
  readonly grpcPort: number;
}

const configuration = ({ issuer, port, grpcPort }: At, { client, members }: Registered) => ({
  issuer,
  storage: { type: 'memory' },
  web: { http: `127.0.0.1:${port}` },
  grpc: { addr: `127.0.0.1:${grpcPort}` },
  signer: { type: 'local', config: { keysRotationPeriod: KEYS_FOR } },
  staticClients: [
    {
      id: client.clientId,
      secret: client.clientSecret,
      name: 'Gatehouse',
      redirectURIs: [client.redirectUri],
    },
  ],
  enablePasswordDB: true,
  staticPasswords: members.map(({ login }) => ({
    email: login,
    hash: HASH,
    username: login,
    userID: `id-of-${login}`,
  })),
});

/** A text as Protocol Buffers write it: shorter than 128 bytes here. */
function field(number: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 127) throw new Error('too long for a length of one byte');
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

/** One call of gRPC over HTTP/2. @throws unless its status is 0. */
async function unaryCall(port: number, path: string, message: Buffer): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const status = await new Promise<string>((resolve, reject) => {
      session.once('error', reject);
      const call = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      call.once('error', reject);
      call.once('trailers', (trailers: IncomingHttpHeaders) => resolve(String(trailers['grpc-status'])));
      call.resume();
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      call.end(Buffer.concat([head, message]));
    });
    if (status !== '0') throw new Error(`${path}: gRPC status ${status}`);
  } finally {
    session.close();
  }
}
