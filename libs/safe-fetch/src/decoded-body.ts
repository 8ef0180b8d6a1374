import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { OutboundFailure } from './outbound-failure.js';

type Decode = (body: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

/** zlib's own header (RFC 1950) begins so. Some servers leave it out, against RFC 9110 section 8.4.1.2. */
const isZlib = (body: Buffer): boolean => ((body[0] ?? 0) & 0x0f) === 8;

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: (body, options) => gunzipSync(body, options),
  'x-gzip': (body, options) => gunzipSync(body, options),
  deflate: (body, options) => (isZlib(body) ? inflateSync(body, options) : inflateRawSync(body, options)),
  br: (body, options) => brotliDecompressSync(body, options),
  zstd: (body, options) => zstdDecompressSync(body, options),
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/**
 * Undoes the content coding of a response that was not asked for one (RFC 9110 section 8.4).
 * @param maxBytes of what comes out, as of what went in
 * @throws {OutboundFailure} `too_large` or `broken`
 */
export function decodedBody(body: Buffer, coding: string | null, maxBytes: number): Buffer {
  const name = coding?.trim().toLowerCase() ?? 'identity';
  if (name === '' || name === 'identity' || body.length === 0) return body;
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decode === undefined)
    throw new OutboundFailure('broken', true, 'the answer has a content coding that is not known');
  try {
    return decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const isTooLarge = isObject(error) && error['code'] === 'ERR_BUFFER_TOO_LARGE';
    throw new OutboundFailure(
      isTooLarge ? 'too_large' : 'broken',
      true,
      isTooLarge ? `the answer has more than ${maxBytes} bytes` : 'the answer cannot be decoded',
    );
  }
}
