import { createHash, randomBytes } from 'node:crypto';
import type { ProviderName } from '../parts.js';
import { readSettings } from '../settings.js';
import { startWorld, type World } from '../world.js';
import { Browser, type Visit, type Visitor } from './browser.js';

/** Where the client of the test worlds waits; nothing listens there. */
export const CALLBACK = 'http://127.0.0.1:9/oauth/callback';

export type Json = Readonly<Partial<Record<string, unknown>>>;

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token?: string;
  readonly scope: string;
}

interface ProviderAccess {
  readonly authorize: string;
  readonly token: string;
  readonly secret: string;
  readonly scope: string;
}

const PROVIDERS = {
  'acme-sso': {
    authorize: '/authorize',
    token: '/token',
    secret: 'acme-demo-secret',
    scope: 'openid profile email offline_access',
  },
  octo: {
    authorize: '/login/oauth/authorize',
    token: '/login/oauth/access_token',
    secret: 'octo-demo-secret',
    scope: 'repo read:user',
  },
} as const satisfies Record<ProviderName, ProviderAccess>;

/** A world on free ports with test control, and a client that speaks to it over HTTP only. */
export class TestWorld {
  readonly #world: World;

  private constructor(world: World) {
    this.#world = world;
  }

  static async start(...flags: readonly string[]): Promise<TestWorld> {
    const basics = [
      '--port-base',
      '0',
      '--public-host',
      '127.0.0.1',
      '--control',
      '--callback-url',
      CALLBACK,
    ];
    return new TestWorld(await startWorld(readSettings([...basics, ...flags])));
  }

  get urls(): World['urls'] {
    return this.#world.urls;
  }

  close(): Promise<void> {
    return this.#world.close();
  }

  /** Sends a browser through the authorization endpoint. */
  async authorize(
    name: ProviderName,
    visitor: Visitor,
    options: { browser?: Browser; params?: Readonly<Record<string, string>> } = {},
  ): Promise<Visit & { readonly verifier: string }> {
    const verifier = randomBytes(32).toString('base64url');
    const start = new URL(PROVIDERS[name].authorize, this.urls[name]);
    start.search = new URLSearchParams({
      response_type: 'code',
      client_id: 'gatehouse',
      redirect_uri: CALLBACK,
      scope: PROVIDERS[name].scope,
      state: 'state-of-the-test',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...options.params,
    }).toString();
    const visit = await (options.browser ?? new Browser()).visit(start, CALLBACK, visitor);
    return { ...visit, verifier };
  }

  /** Signs a person in and redeems the code. */
  async signIn(name: ProviderName, login: string): Promise<Tokens> {
    const { answer, verifier } = await this.authorize(name, { login });
    const code = answer.get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier };
    const { body } = await this.token(name, form);
    return body as unknown as Tokens; // a wrong answer fails the test that uses it
  }

  token(name: ProviderName, form: Readonly<Record<string, string>>): Promise<{ status: number; body: Json }> {
    const { token, secret } = PROVIDERS[name];
    return postForm(`${this.urls[name]}${token}`, basic('gatehouse', secret), form);
  }

  refresh(name: ProviderName, refreshToken: string): Promise<{ status: number; body: Json }> {
    return this.token(name, { grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  exchange(form: Readonly<Record<string, string>>): Promise<{ status: number; body: Json }> {
    return postForm(`${this.urls.sts}/token`, basic('gatehouse-exchange', 'sts-demo-secret'), {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      ...form,
    });
  }

  /** One order to the control server. */
  async control(path: string, order?: Json): Promise<Json> {
    const response = await fetch(`${this.#world.controlUrl ?? ''}${path}`, {
      method: order === undefined ? 'GET' : 'POST',
      ...(order === undefined ? {} : { body: JSON.stringify(order) }),
    });
    const body = (await response.json()) as Json;
    if (!response.ok) throw new Error(`the control server refuses: ${JSON.stringify(body)}`);
    return body;
  }
}

export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

export async function postForm(
  url: string,
  authorization: string,
  form: Readonly<Record<string, string>>,
): Promise<{ status: number; body: Json }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

export interface McpAnswer {
  readonly status: number;
  readonly challenge: string | null;
  readonly sessionId: string | null;
  readonly contentType: string | null;
  readonly body: Json;
}

/** One JSON-RPC request in either protocol era. */
export async function callMcp(
  url: string,
  headers: Readonly<Record<string, string>>,
  method: string,
  params: Json & { readonly name?: string } = {},
  era: 'legacy' | 'modern' = 'legacy',
): Promise<McpAnswer> {
  const modern = era === 'modern';
  const version = modern ? '2026-07-28' : '2025-11-25';
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'spec', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': version,
      ...(modern && { 'mcp-method': method }),
      ...(modern && params.name !== undefined && { 'mcp-name': params.name }),
      ...headers,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: modern ? { ...params, _meta: envelope } : params,
    }),
  });
  const text = await response.text();
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    sessionId: response.headers.get('mcp-session-id'),
    contentType: response.headers.get('content-type'),
    body: JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text) as Json,
  };
}

export const bearer = (token: string): { readonly authorization: string } => ({
  authorization: `Bearer ${token}`,
});

/** The structured content of a tool result. */
export const contentOf = (answer: McpAnswer): Json =>
  (answer.body['result'] as { structuredContent?: Json } | undefined)?.structuredContent ?? {};

export const whoami = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  era: 'legacy' | 'modern' = 'legacy',
): Promise<McpAnswer> => callMcp(url, headers, 'tools/call', { name: 'whoami', arguments: {} }, era);
