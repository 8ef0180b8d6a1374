import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import type { FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { NameNotResolved, OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { DocumentCopies } from './document-copies.store.js';
import { documentFetch } from './metadata-documents.client.js';

/** Whoever was reached so lately shows that the network is there. */
const REACHED_LATELY_MS = MINUTE_MS;
const TRIED_AGAIN_EVERY_MS = MINUTE_MS;
const MAX_TRIED_AGAIN = 3;
/** How long a host that was named by whoever came is believed, where no document of another host can be tried. */
const BELIEVED_ALONE_MS = HOUR_MS;

const ADVICE =
  'let the authorization server reach this host (egress.proxy), or write the document into clientRegistration.metadataDocuments.documents';

/** The metadata documents of clients: pinned, fetched, or the last good copy. It knows whether they can be fetched at all. */
@Injectable()
export class ClientDocuments implements OnApplicationShutdown {
  readonly #get: FetchFunction;
  readonly #pinned: ReadonlyMap<string, string>;
  #reachedAtMs = -Infinity;
  /** Those that could not be reached, while nothing can; empty otherwise. */
  readonly #unreached = new Set<string>();
  #believedUntilMs = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #judging: Promise<void> = Promise.resolve();

  constructor(
    private readonly copies: DocumentCopies,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const { metadataDocuments } = config.clientRegistration;
    this.#get = documentFetch(metadataDocuments, config.wayOut);
    this.#pinned = new Map(
      metadataDocuments.documents.map(({ clientId, clientName, redirectUris }) => [
        clientId,
        JSON.stringify({ client_id: clientId, client_name: clientName, redirect_uris: redirectUris }),
      ]),
    );
  }

  onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    return this.#judging;
  }

  isPinned(url: string): boolean {
    return this.#pinned.has(url);
  }

  /**
   * Whether the metadata says that documents are accepted. A client that reads it may have no other way than its document. With
   * `auto` it is not sent that way while it is known to lead nowhere, unless not everybody has another one.
   */
  get areAnnounced(): boolean {
    const { metadataDocuments, dynamic } = this.config.clientRegistration;
    if (metadataDocuments.enabled !== 'auto') return metadataDocuments.enabled;
    return dynamic !== 'open' || this.#unreached.size === 0;
  }

  /** @throws {OutboundFailure} when there is no copy either. */
  readonly fetch: FetchFunction = async (url, init) => {
    const pinned = this.#pinned.get(url);
    if (pinned !== undefined) return documentResponse(pinned);
    try {
      const response = await this.#reach(url, init);
      if (response.status >= 500) return (await this.#copyOf(url, `status ${response.status}`)) ?? response;
      return await this.#noted(url, response);
    } catch (error) {
      const failure = OutboundFailure.in(error);
      if (failure === undefined || !isOfNetwork(failure)) throw error;
      this.#judging = this.#judging.then(() => this.#judge(url));
      const copy = await this.#copyOf(url, failure.message);
      if (copy === undefined) throw error;
      return copy;
    }
  };

  /** Tries again what could not be reached, and what was read at other hosts. Any answer at all shows that the network is back. */
  async tryAgain(): Promise<void> {
    const [first = ''] = this.#unreached;
    if (await this.#isAnyReached([...this.#unreached, ...(await this.copies.elsewhere(hostOf(first)))]))
      return;
    if (this.clock.nowMs() >= this.#believedUntilMs) this.#announceAgain(hostOf(first));
  }

  /**
   * One host that cannot be reached may be that host's own trouble, and anybody can name one that does not exist, or own one and
   * switch it off. So documents of other hosts that were read before are tried as well. Where there are none, what a stranger
   * named is all that is known: it is believed for a while.
   */
  async #judge(url: string): Promise<void> {
    try {
      if (this.#unreached.size === 0) {
        if (this.clock.nowMs() - this.#reachedAtMs < REACHED_LATELY_MS) return;
        const elsewhere = await this.copies.elsewhere(hostOf(url));
        if (await this.#isAnyReached(elsewhere)) return;
        this.#believedUntilMs = elsewhere.length > 0 ? Infinity : this.clock.nowMs() + BELIEVED_ALONE_MS;
        this.log.warn('client-documents-not-announced', { host: hostOf(url), advice: ADVICE });
        this.#timer ??= setInterval(() => {
          this.#judging = this.#judging
            .then(() => this.tryAgain())
            .catch((error: unknown) => this.log.failure('client-documents-not-tried', error));
        }, TRIED_AGAIN_EVERY_MS).unref();
      }
      if (this.#unreached.size < MAX_TRIED_AGAIN) this.#unreached.add(url);
    } catch (error) {
      this.log.failure('client-documents-not-tried', error);
    }
  }

  async #isAnyReached(urls: readonly string[]): Promise<boolean> {
    return (await Promise.all(urls.map((url) => this.#isReached(url)))).includes(true);
  }

  async #isReached(url: string): Promise<boolean> {
    try {
      await this.#reach(url, { method: 'GET', headers: { accept: 'application/json' } });
      return true;
    } catch (error) {
      const failure = OutboundFailure.in(error);
      return failure === undefined || !isOfNetwork(failure);
    }
  }

  async #reach(url: string, init: Parameters<FetchFunction>[1]): Promise<Response> {
    const response = await this.#get(url, init);
    this.#reachedAtMs = this.clock.nowMs();
    if (this.#unreached.size > 0) this.#announceAgain(hostOf(url));
    return response;
  }

  #announceAgain(host: string): void {
    this.log.info('client-documents-announced', { host });
    this.#unreached.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Keeps what is good, and forgets what its author has taken away. */
  async #noted(url: string, response: Response): Promise<Response> {
    const body = await response.text();
    const { status, headers } = response;
    if (status === 200 && isDocumentOf(url, body)) await this.copies.keep(url, body);
    else if (status === 404 || status === 410) await this.copies.forget(url);
    return new Response(body, { status, headers });
  }

  async #copyOf(url: string, reason: string): Promise<Response | undefined> {
    const body = await this.copies.find(url);
    const usesCopy = body !== undefined;
    this.log.warn('client-document-not-fetched', {
      clientId: url,
      host: hostOf(url),
      reason,
      usesCopy,
      ...(usesCopy ? {} : { advice: ADVICE }),
    });
    return body === undefined ? undefined : documentResponse(body);
  }
}

/** The gateway could not get there; an answer that is not good, or an address that the rules refuse, is something else. */
export const isOfNetwork = (failure: OutboundFailure): boolean =>
  failure.kind === 'unreachable' || failure.kind === 'timeout' || failure instanceof NameNotResolved;

const documentResponse = (body: string): Response =>
  new Response(body, { status: 200, headers: { 'content-type': 'application/json' } });

const hostOf = (url: string): string => URL.parse(url)?.host ?? '';

function isDocumentOf(url: string, body: string): boolean {
  try {
    const document: unknown = JSON.parse(body);
    return typeof document === 'object' && document !== null && Reflect.get(document, 'client_id') === url;
  } catch {
    return false;
  }
}
