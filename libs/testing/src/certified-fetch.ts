import { Agent, fetch as undiciFetch } from 'undici';
import type { TestCertificate } from './self-signed.js';

/** Fetches as a client that shows this certificate, or none, to a server that has that one. */
export function certifiedFetch(own: TestCertificate | undefined, server: TestCertificate): typeof fetch {
  const dispatcher = new Agent({ pipelining: 0, connect: { ...own, ca: server.cert } });
  const fetched = async (url: Parameters<typeof undiciFetch>[0], init?: object): Promise<unknown> =>
    await undiciFetch(url, { ...init, dispatcher });
  // The same interface; the types of two copies of it are not.
  return fetched as unknown as typeof fetch;
}
