import { PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { inRepository } from './repository.js';
import { Program } from './program.js';

export type Part = 'acme-sso' | 'octo' | 'sts' | 'repos' | 'tickets';

export interface Fault {
  readonly part: Part;
  readonly endpoint: 'authorization' | 'token' | 'userinfo' | 'jwks' | 'discovery' | 'mcp';
  readonly mode:
    'none' | 'deny' | 'status500' | 'garbage' | 'hang' | 'hold' | 'invalid_grant' | 'delay' | 'drop_after';
  readonly times?: number;
  readonly delayMs?: number;
  readonly path?: string;
  readonly rpcMethod?: string;
}

export interface PartCounts {
  /** By endpoint, from the moment that a request arrives: a held or delayed one counts already. */
  readonly requests: Readonly<Record<string, number>>;
  /** By grant type, from the moment that the endpoint works on them. */
  readonly tokenRequests: Readonly<Record<string, number>>;
  readonly redemptions: Readonly<Record<string, number>>;
  readonly mcp: Readonly<
    Record<string, Readonly<Record<string, { readonly legacy?: number; readonly modern?: number }>>>
  >;
  readonly refused: Readonly<Record<string, number>>;
}

export interface IssuedValue {
  readonly part: Part;
  readonly kind: 'access_token' | 'refresh_token' | 'authorization_code' | 'id_token';
  readonly value: string;
}

/** A request that its endpoint has, and does not work on yet. */
export interface Held {
  readonly isHeld: () => Promise<boolean>;
  readonly letGo: () => Promise<void>;
}

/** The identity providers, the token exchange endpoint and the backends of the demonstration, with their faults at hand. */
export class Demonstration {
  readonly program: Program;
  readonly #control: string;

  constructor(portBase: number, flags: readonly string[] = []) {
    this.#control = `http://127.0.0.1:${portBase + PORT_OFFSETS.control}`;
    this.program = new Program({
      name: 'demonstration',
      script: inRepository('apps/demonstration/dist/main.js'),
      args: ['--port-base', String(portBase), '--control', ...flags],
      isReady: (output) => output.includes('demonstration ready'),
    });
  }

  async setFault(fault: Fault): Promise<void> {
    await this.#post('/faults', fault);
  }

  /** Holds the next request to this endpoint until it is let go. */
  async holdNext(part: Part, endpoint: Fault['endpoint']): Promise<Held> {
    const fault = { part, endpoint } as const;
    const arrived = async () => (await this.counts())[part].requests[endpoint] ?? 0;
    const before = await arrived();
    await this.setFault({ ...fault, mode: 'hold', times: 1 });
    return {
      isHeld: async () => (await arrived()) > before,
      letGo: () => this.setFault({ ...fault, mode: 'none' }),
    };
  }

  /** Puts a person into groups at the primary provider. */
  async setGroups(login: string, groups: readonly string[]): Promise<void> {
    await this.#post('/groups', { login, groups });
  }

  /** Ends all faults and sets all counts to zero. */
  async reset(): Promise<void> {
    await this.#post('/reset', {});
  }

  /** Makes every access token that the provider issued so far expire now. */
  async expire(part: 'acme-sso' | 'octo' | 'sts'): Promise<void> {
    await this.#post('/expire', { part });
  }

  async revokeGrants(part: 'acme-sso' | 'octo'): Promise<void> {
    await this.#post('/revoke-grants', { part });
  }

  async counts(): Promise<Readonly<Record<Part, PartCounts>>> {
    return (await (await fetch(`${this.#control}/counts`)).json()) as Readonly<Record<Part, PartCounts>>;
  }

  /** Every token, code and id_token issued since the start. */
  async issued(): Promise<readonly IssuedValue[]> {
    return ((await (await fetch(`${this.#control}/issued`)).json()) as { issued: readonly IssuedValue[] })
      .issued;
  }

  async #post(path: string, body: unknown): Promise<void> {
    const response = await fetch(this.#control + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    await response.arrayBuffer();
  }
}
