import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/** No server needs a longer one. */
export const MAX_ENDPOINT_BYTES = 8_192;

/**
 * Where the messages of a stream go (MCP 2024-11-05, transports, HTTP with SSE). They carry a person's credential, which is for the
 * origin of the stream alone.
 * @throws {GatehouseError} when it is elsewhere, or nowhere.
 */
export function endpointOf(said: string, stream: URL, backend: string): URL {
  const endpoint = URL.parse(said.trim(), stream.href);
  if (endpoint === null) throw unusable(backend, 'its endpoint event names no URL');
  if (endpoint.origin !== stream.origin || !/^https?:$/.test(endpoint.protocol))
    throw unusable(backend, 'its endpoint event names a URL of another origin');
  return endpoint;
}

export const unusable = (backend: string, why: string): GatehouseError =>
  new GatehouseError('backend_unavailable', why, { details: { backend, ran: 'no' } });
