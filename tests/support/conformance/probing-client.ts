import {
  Client,
  LOG_LEVEL_META_KEY,
  StreamableHTTPClientTransport,
  type CallToolResult,
} from '@modelcontextprotocol/client';

/** Of a client: 2026-07-28, or the last revision with sessions. */
export type ClientEra = 'modern' | 'legacy';

/** For what hangs; nothing that is probed takes a second. */
export const ANSWERED_WITHIN_MS = 60_000;

const EVERYTHING = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

/** Of a client: whether it can answer what servers ask. */
export type Ability = 'answers everything' | 'answers nothing';

export interface Place {
  readonly url: string;
  /** The gateway wants one. */
  readonly accessToken?: string;
}

/** An official client that remembers what it was asked and told. */
export class ProbingClient {
  /** Methods of the requests that it was asked to answer. */
  readonly asked: string[] = [];
  readonly progress: number[] = [];
  logMessages = 0;

  private constructor(
    readonly client: Client,
    readonly era: ClientEra,
  ) {
    client.setNotificationHandler('notifications/message', () => {
      this.logMessages += 1;
    });
  }

  static async connect(
    era: ClientEra,
    ability: Ability,
    { url, accessToken }: Place,
  ): Promise<ProbingClient> {
    const client = new Client(
      { name: `${era} client`, version: '1' },
      {
        capabilities: ability === 'answers everything' ? EVERYTHING : {},
        versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
      },
    );
    const probing = new ProbingClient(client, era);
    if (ability === 'answers everything') probing.#answerEverything();
    const headers = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }), {
      timeout: ANSWERED_WITHIN_MS,
    });
    return probing;
  }

  async call(
    name: string,
    args: Record<string, unknown> = {},
    signal?: AbortSignal,
  ): Promise<CallToolResult> {
    return await this.client.callTool(
      { name, arguments: args, ...(await this.#wantingLogs()) },
      {
        timeout: ANSWERED_WITHIN_MS,
        onprogress: ({ progress }) => this.progress.push(progress),
        ...(signal === undefined ? {} : { signal }),
      },
    );
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** A request says which log messages it wants; a session is told once. */
  async #wantingLogs(): Promise<{ readonly _meta?: Record<string, unknown> }> {
    if (this.era === 'modern') return { _meta: { [LOG_LEVEL_META_KEY]: 'debug' } };
    await this.client.request(
      { method: 'logging/setLevel', params: { level: 'debug' } },
      { timeout: ANSWERED_WITHIN_MS },
    );
    return {};
  }

  #answerEverything(): void {
    const { client, asked } = this;
    client.setRequestHandler('elicitation/create', ({ params }) => {
      if (params.mode === 'url') {
        asked.push('elicitation/create (url)');
        return { action: 'accept' };
      }
      asked.push('elicitation/create');
      const fields = Object.keys(params.requestedSchema.properties);
      return { action: 'accept', content: Object.fromEntries(fields.map((field) => [field, `my ${field}`])) };
    });
    client.setRequestHandler('sampling/createMessage', () => {
      asked.push('sampling/createMessage');
      return { role: 'assistant', content: { type: 'text', text: 'Paris' }, model: 'none' };
    });
    client.setRequestHandler('roots/list', () => {
      asked.push('roots/list');
      return { roots: [{ uri: 'file:///home/alice' }] };
    });
  }
}
