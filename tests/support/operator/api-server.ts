import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { freePort } from '@gatehouse/testing/free-port';
import { inRepository } from '@gatehouse/testing/repository';
import { TiedProcess } from '@gatehouse/testing/tied-process';
import { until } from '@gatehouse/testing/until';

export type Tree = Record<string, unknown>;

export interface Answer {
  readonly code: number;
  readonly body: Tree;
}

const FOLDER = process.env['KUBEBUILDER_ASSETS'] ?? inRepository('.gatehouse/kubernetes');
const PROGRAMS = ['etcd', 'kube-apiserver'] as const;

/** Whether a real API server can be had here: both programs are in the folder that Kubernetes' own tests take them from. */
export const hasApiServer = (): boolean => PROGRAMS.every((name) => existsSync(join(FOLDER, name)));

const ADMINISTRATOR = 'administrator';

/** A real API server with its store, on loopback; nothing else of a cluster. Rights are those of RBAC. */
export class ApiServer {
  private readonly programs: TiedProcess[] = [];
  private ca = '';
  private port = 0;

  /** @param accounts by token: `namespace/name` of service accounts */
  constructor(
    private readonly folder: string,
    private readonly accounts: Readonly<Record<string, string>>,
  ) {}

  async start(): Promise<void> {
    const [client, peer] = [await freePort(), await freePort()];
    this.port = await freePort();
    const at = (name: string): string => join(this.folder, name);
    mkdirSync(at('pki'), { recursive: true });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(at('accounts.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(
      at('tokens.csv'),
      [
        `${ADMINISTRATOR},administrator,1,"system:masters"`,
        ...Object.entries(this.accounts).map(
          ([token, account]) =>
            `${token},system:serviceaccount:${account.replace('/', ':')},${token},"system:serviceaccounts"`,
        ),
      ].join('\n'),
    );
    const store = `http://127.0.0.1:${client}`;
    const peers = `http://127.0.0.1:${peer}`;
    this.run('etcd', [
      `--data-dir=${at('etcd')}`,
      `--listen-client-urls=${store}`,
      `--advertise-client-urls=${store}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
    ]);
    this.run('kube-apiserver', [
      `--etcd-servers=${store}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.port}`,
      `--cert-dir=${at('pki')}`,
      `--service-account-key-file=${at('accounts.pem')}`,
      `--service-account-signing-key-file=${at('accounts.pem')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.96.0.0/16',
      `--token-auth-file=${at('tokens.csv')}`,
      '--authorization-mode=RBAC',
    ]);
    await until(() => existsSync(at('pki/apiserver.crt')));
    this.ca = readFileSync(at('pki/apiserver.crt'), 'utf8');
    await until(async () => (await this.ask('GET', '/readyz').catch(() => undefined))?.code === 200);
  }

  async stop(): Promise<void> {
    for (const program of this.programs.reverse()) await program.kill();
  }

  /** What a client reads, with the token of an account. */
  kubeconfig(token: string): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://127.0.0.1:${this.port}`,
            'certificate-authority-data': Buffer.from(this.ca).toString('base64'),
          },
        },
      ],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    });
  }

  async ask(
    method: string,
    path: string,
    {
      body,
      token = ADMINISTRATOR,
      type = 'application/json',
    }: { body?: unknown; token?: string; type?: string } = {},
  ): Promise<Answer> {
    return await new Promise<Answer>((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.port,
          path,
          method,
          ca: this.ca,
          headers: { authorization: `Bearer ${token}`, 'content-type': type, accept: 'application/json' },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          answer.on('end', () => {
            const isJson = answer.headers['content-type']?.includes('json') === true;
            resolve({ code: answer.statusCode ?? 0, body: isJson ? (JSON.parse(text) as Tree) : {} });
          });
        },
      );
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** As `kubectl apply --server-side` does it. */
  async apply(path: string, body: unknown): Promise<void> {
    const answer = await this.ask('PATCH', `${path}?fieldManager=test&force=true`, {
      body,
      type: 'application/apply-patch+yaml',
    });
    if (answer.code >= 300) throw new Error(`${path}: ${answer.code} ${JSON.stringify(answer.body)}`);
  }

  private run(name: (typeof PROGRAMS)[number], flags: readonly string[]): void {
    const program = new TiedProcess('KILL', [join(FOLDER, name), ...flags]);
    // Whoever writes to a full pipe waits.
    program.stderr.resume();
    this.programs.push(program);
  }
}
