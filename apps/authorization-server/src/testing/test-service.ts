import { createHash } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomToken } from '@gatehouse/kernel/ids';
import type { Secret } from '@gatehouse/kernel/secret';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import type { Log } from '@gatehouse/observability/log';
import type { HttpLimits } from '@gatehouse/service-process/http-server';
import { startAuthorizationServer } from '../service.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { startStandInVault, type StandInVault } from './stand-in-vault.js';
import { TestBrowser, type Answer } from './test-browser.js';
import { testConfiguration } from './test-configuration.js';

export const REDIRECT_URI = 'http://127.0.0.1:7777/callback';

export interface TestServiceParts {
  readonly databaseUrl: Secret;
  readonly port: number;
  readonly log: Log;
  busOf(service: 'authorization-server' | 'token-vault'): BusOptions;
  readonly overrides?: Partial<AuthorizationServerPart>;
  readonly limits?: HttpLimits;
  /** Another replica's: it answers for this one, too. */
  readonly vault?: StandInVault;
}

/** This service for real (HTTP, Postgres, NATS), with a stand-in on the vault's side of the bus. */
export class TestService {
  private constructor(
    readonly config: AuthorizationServerPart,
    readonly app: NestFastifyApplication,
    /** Where its operators look. */
    readonly internal: string,
    readonly vault: StandInVault,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(parts: TestServiceParts): Promise<TestService> {
    const started =
      parts.vault === undefined ? await startStandInVault(parts.busOf('token-vault'), parts.log) : undefined;
    const vault = started?.vault ?? parts.vault;
    if (vault === undefined) throw new Error('no vault');
    const bus = parts.busOf('authorization-server');
    const config = testConfiguration(
      { databaseUrl: parts.databaseUrl, bus, port: parts.port },
      parts.overrides,
    );
    const running = await startAuthorizationServer(config, parts.log, parts.limits);
    const internal = `http://127.0.0.1:${running.internalPort}`;
    return new TestService(config, running.app, internal, vault, async () => {
      await running.close();
      await started?.app.close();
    });
  }

  #closing: Promise<void> | undefined;

  /** More than once is once. */
  close(): Promise<void> {
    this.#closing ??= this.end();
    return this.#closing;
  }

  get issuer(): string {
    return this.config.issuer;
  }

  /** Where this service listens; the same as the issuer, unless that is behind an ingress. */
  get local(): string {
    return `http://localhost:${this.config.listen.port}`;
  }

  browser(): TestBrowser {
    const { origin } = new URL(this.issuer);
    return new TestBrowser(this.issuer, { publicOrigin: origin, localOrigin: this.local });
  }

  async register(metadata: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const answer = await this.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      client_name: 'Test Client',
      ...metadata,
    });
    return (answer as { readonly client_id: string }).client_id;
  }

  async post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.local + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return await response.json();
  }

  authorizeUrl(
    clientId: string,
    overrides: Readonly<Record<string, string | undefined>> = {},
  ): { url: string; verifier: string } {
    const verifier = randomToken();
    const parameters: Readonly<Record<string, string | undefined>> = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: REDIRECT_URI,
      state: 'client-state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      resource: this.config.resourceUrl,
      ...overrides,
    };
    const url = new URL('/oauth/authorize', this.issuer);
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined) url.searchParams.set(name, value);
    return { url: url.href, verifier };
  }

  /** Where an authorization request of this client, or of a new one, takes the browser. */
  async approvalPage(browser: TestBrowser, clientId?: string): Promise<Answer> {
    const { url } = this.authorizeUrl(clientId ?? (await this.register()));
    return await browser.follow(await browser.get(url));
  }

  /** Approves and goes as far as the second provider. */
  async atSecondProvider(browser: TestBrowser, login: string): Promise<Answer> {
    const away = await browser.decide(await this.approvalPage(browser), 'approve');
    return await this.answerLeg(browser, away, { code: `acme-sso.example-${login}` });
  }

  /** What a provider does with the browser: sends it back with an answer. */
  async answerLeg(
    browser: TestBrowser,
    away: Answer,
    answer: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    return await browser.follow(await browser.get(callbackOf(away, answer)));
  }

  /** Approves, connects to every provider as `login`, and comes back with what the client gets. */
  async signIn(
    browser: TestBrowser,
    authorizeUrl: string,
    login: string,
    callback = REDIRECT_URI,
  ): Promise<URLSearchParams> {
    let at = await browser.follow(await browser.get(authorizeUrl));
    for (let step = 0; step < 10; step += 1) {
      if (at.location?.startsWith(callback) === true) return new URL(at.location).searchParams;
      if (at.status === 302)
        at = await this.answerLeg(browser, at, { code: `${new URL(at.location ?? '').hostname}-${login}` });
      else at = await browser.decide(at, at.body.includes('value="approve"') ? 'approve' : 'continue');
    }
    throw new Error(`no end of the sign-in: ${at.status} ${at.url}`);
  }

  async token(fields: Readonly<Record<string, string>> | [string, string][]): Promise<TokenAnswer> {
    const response = await fetch(`${this.local}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    return { status: response.status, ...((await response.json()) as Omit<TokenAnswer, 'status'>) };
  }

  async redeem(clientId: string, code: string, verifier: string): Promise<TokenAnswer> {
    return await this.token({
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
      resource: this.config.resourceUrl,
    });
  }

  async refresh(clientId: string, refreshToken: string): Promise<TokenAnswer> {
    return await this.token({
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: refreshToken,
    });
  }

  /** From nothing to tokens. */
  async tokens(login: string, browser = this.browser()): Promise<{ clientId: string; answer: TokenAnswer }> {
    const clientId = await this.register();
    const { url, verifier } = this.authorizeUrl(clientId);
    const result = await this.signIn(browser, url, login);
    return { clientId, answer: await this.redeem(clientId, result.get('code') ?? '', verifier) };
  }
}

/** Where a provider sends the browser back to, by what it was sent away with. */
export function callbackOf({ location = '' }: Answer, answer: Readonly<Record<string, string>>): string {
  const { searchParams } = new URL(location);
  const query = new URLSearchParams({ ...answer, state: searchParams.get('state') ?? '' });
  return `${searchParams.get('redirect_uri') ?? ''}?${query.toString()}`;
}

export interface TokenAnswer {
  readonly status: number;
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope?: string;
  readonly expires_in?: number;
  readonly error?: string;
}
