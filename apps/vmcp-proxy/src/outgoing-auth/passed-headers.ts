import type { ProxyBackend } from '@gatehouse/config/parts';
import type { IncomingHttpHeaders } from 'node:http';

/** Of one value, in characters. */
export const MAX_PASSED_VALUE = 4_096;
/** A field value as it goes over the wire (RFC 9110 section 5.5), without line breaks of any kind. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

type Headers = Readonly<Record<string, string>>;

/**
 * Which of a caller's headers a backend gets. They go along with the caller's own calls and nothing else: what the gateway asks for
 * itself (introductions, lists, probes, streams) is the same whoever made it do so, and may be kept.
 */
export class PassedHeaders {
  #byBackend: ReadonlyMap<string, readonly string[]> = new Map();
  #names: readonly string[] = [];

  constructor(backends: readonly Pick<ProxyBackend, 'name' | 'passthroughHeaders'>[]) {
    this.exchange(backends);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** From now on these get what these say. */
  exchange(backends: readonly Pick<ProxyBackend, 'name' | 'passthroughHeaders'>[]): void {
    this.#byBackend = new Map(
      backends
        .filter(({ passthroughHeaders }) => passthroughHeaders.length > 0)
        .map(({ name, passthroughHeaders }) => [name, passthroughHeaders.map((one) => one.toLowerCase())]),
    );
    this.#names = [...new Set([...this.#byBackend.values()].flat())];
  }

  /** The header of a request that is none to hand on, and would be left out if the request were taken. */
  unfit(headers: IncomingHttpHeaders): string | undefined {
    return this.#names.find((name) => {
      const value = headers[name];
      return (
        value !== undefined &&
        (typeof value !== 'string' || value.length > MAX_PASSED_VALUE || !FIELD_VALUE.test(value))
      );
    });
  }

  /** The gateway's own headers, and those of the caller: its own win, and the one of the strategy wins over both. */
  beside(own: Headers, backend: string, headers: IncomingHttpHeaders): Headers {
    const names = this.#byBackend.get(backend);
    if (names === undefined) return own;
    const passed: Record<string, string> = {};
    for (const name of names) {
      const value = headers[name];
      if (typeof value === 'string') passed[name] = value;
    }
    return Object.assign(passed, own);
  }
}
