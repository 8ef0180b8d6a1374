import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import type { EgressRules } from '@gatehouse/safe-fetch/egress-rules';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { CLOCK } from '@gatehouse/service-process/injected';
import { challengeOf, documentAt, type RequestRules } from './metadata-documents.client.js';
import type { McpProvider } from './mcp-provider.js';
import { readResourceMetadata, type ResourceMetadata } from './resource-metadata.js';
import { readServerMetadata, type FitServer } from './server-metadata.js';
import { UnfitServer } from './unfit-server.js';
import { resourceMetadataUrls, serverMetadataUrls } from './well-known.js';

/** What a backend demands, as it said itself. */
export interface Demand extends ResourceMetadata {
  /** It named no authorization server; its own origin is tried. */
  readonly isAssumed?: true;
  /** `scope` of its challenge. */
  readonly challengedScope: string | undefined;
}

interface Remembered<Value> {
  readonly value: Value;
  readonly atMs: number;
}

const KEEP_DEMAND_MS = 5 * MINUTE_MS;
const KEEP_SERVER_MS = HOUR_MS;

/** Finds out what a backend demands (RFC 9728), and what an authorization server offers (RFC 8414, OpenID Connect Discovery). */
@Injectable()
export class BackendDiscovery {
  readonly #demands = new Map<string, Remembered<Demand>>();
  readonly #servers = new Map<string, Remembered<FitServer>>();
  readonly #looks = new SingleFlight<string, Demand>();
  readonly #reads = new SingleFlight<string, FitServer>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * What the backend demands now; asked anew. While it cannot be asked, what it demanded last.
   * @throws {UnfitServer}
   * @throws {OutboundFailure}
   */
  async demandNow(provider: McpProvider): Promise<Demand> {
    try {
      const value = await this.#looks.run(provider.name, () => look(provider));
      this.#demands.set(provider.name, { value, atMs: this.clock.nowMs() });
      return value;
    } catch (error) {
      const known = this.#demands.get(provider.name);
      if (known === undefined || !isOutage(error)) throw error;
      return known.value;
    }
  }

  /** The same, some minutes old perhaps. */
  async demand(provider: McpProvider): Promise<Demand> {
    const known = this.#demands.get(provider.name);
    const isYoung = known !== undefined && this.clock.nowMs() - known.atMs < KEEP_DEMAND_MS;
    return isYoung ? known.value : await this.demandNow(provider);
  }

  /** The metadata of an authorization server, an hour old perhaps. */
  async server(provider: McpProvider, issuer: string): Promise<FitServer> {
    const known = this.#servers.get(keyOf(provider, issuer));
    const isYoung = known !== undefined && this.clock.nowMs() - known.atMs < KEEP_SERVER_MS;
    if (isYoung) return known.value;
    const value = await this.serverNow(provider, issuer);
    this.remember(provider, issuer, value);
    return value;
  }

  /** Of a server that is used. What a backend only names is not kept: it can name any number. */
  remember(provider: McpProvider, issuer: string, value: FitServer): void {
    this.#servers.set(keyOf(provider, issuer), { value, atMs: this.clock.nowMs() });
  }

  /**
   * The same, asked anew. While it cannot be asked, what it said last.
   * @throws {UnfitServer}
   * @throws {OutboundFailure}
   */
  async serverNow(provider: McpProvider, issuer: string): Promise<FitServer> {
    const key = keyOf(provider, issuer);
    try {
      return await this.#reads.run(key, () => serverOf(provider, issuer));
    } catch (error) {
      const known = this.#servers.get(key);
      if (known === undefined || !isOutage(error)) throw error;
      return known.value;
    }
  }
}

/** What is blocked or too long will not be better later: it is not what was known before. */
function isOutage(error: unknown): boolean {
  const failure = OutboundFailure.in(error);
  return failure !== undefined && failure.kind !== 'blocked' && failure.kind !== 'too_large';
}

/** Two providers may differ in where requests may go, so neither gets what the other fetched. */
const keyOf = ({ name }: McpProvider, issuer: string): string => `${name} ${issuer}`;

async function look(provider: McpProvider): Promise<Demand> {
  const { url, resource = url, backendEgress } = provider.protocol;
  const challenge = await challengeOf(url, {
    ...egressOf(provider),
    ...backendEgress,
    timeoutMs: provider.timeoutMs,
  });
  const named = URL.parse(challenge.resourceMetadata ?? '')?.href;
  const candidates = named === undefined ? resourceMetadataUrls(url) : [named, ...resourceMetadataUrls(url)];
  for (const foundAt of new Set(candidates)) {
    const document = await documentAt(foundAt, rulesFor(foundAt, provider));
    const metadata =
      document === undefined ? undefined : readResourceMetadata(document, { resource, foundAt });
    if (metadata !== undefined) return { ...metadata, challengedScope: challenge.scope };
  }
  return await demandOfOrigin(provider, challenge.scope);
}

/** A backend of the revision 2025-03-26 has no such document: its origin is its authorization server. */
async function demandOfOrigin(provider: McpProvider, challengedScope: string | undefined): Promise<Demand> {
  const { url, resource = url } = provider.protocol;
  const { origin } = new URL(url);
  const [rfc8414 = ''] = serverMetadataUrls(origin);
  if ((await documentAt(rfc8414, rulesFor(rfc8414, provider))) === undefined)
    throw new UnfitServer('no_metadata', origin);
  return {
    resource,
    authorizationServers: [origin],
    scopesSupported: undefined,
    challengedScope,
    isAssumed: true,
  };
}

async function serverOf(provider: McpProvider, issuer: string): Promise<FitServer> {
  for (const url of serverMetadataUrls(issuer)) {
    const document = await documentAt(url, rulesFor(url, provider));
    if (document !== undefined) return readServerMetadata(document, issuer, provider);
  }
  throw new UnfitServer('no_metadata', issuer);
}

/** What the configuration allows for the backend holds for its origin only; a document may name any place. */
function rulesFor(url: string, provider: McpProvider): RequestRules {
  const ofBackend = URL.parse(url)?.origin === new URL(provider.protocol.url).origin;
  return {
    ...egressOf(provider),
    ...(ofBackend ? provider.protocol.backendEgress : {}),
    timeoutMs: provider.timeoutMs,
  };
}

/** The provider's certificates are those of its backend, too. */
const egressOf = ({ allowPrivateIps, insecureAllowHttp, caBundle, wayOut }: McpProvider): EgressRules => ({
  allowPrivateIps,
  insecureAllowHttp,
  ...(caBundle === undefined ? {} : { caBundle }),
  ...(wayOut === undefined ? {} : { wayOut }),
});
