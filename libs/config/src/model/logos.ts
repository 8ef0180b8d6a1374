import { sha256 } from '@gatehouse/kernel/digest';

/** An image of the configuration. The authorization server serves it itself, so that pages ask no other host. */
export interface Logo {
  readonly mediaType: string;
  readonly base64: string;
  /** Named by what is in it, so that browsers may keep it for good. */
  readonly file: string;
}

export const MAX_LOGO_BYTES = 32_768;

const DATA_URL = /^data:(image\/[a-z+]+);base64,([A-Za-z0-9+/]+={0,2})$/;

interface Kind {
  readonly ending: string;
  readonly isOne: (bytes: Buffer) => boolean;
}

const begins = (bytes: Buffer, hex: string, at = 0): boolean =>
  bytes.subarray(at, at + hex.length / 2).toString('hex') === hex;

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['image/png', { ending: 'png', isOne: (bytes: Buffer) => begins(bytes, '89504e470d0a1a0a') }],
  ['image/jpeg', { ending: 'jpg', isOne: (bytes: Buffer) => begins(bytes, 'ffd8ff') }],
  [
    'image/webp',
    { ending: 'webp', isOne: (bytes: Buffer) => begins(bytes, '52494646') && begins(bytes, '57454250', 8) },
  ],
  ['image/svg+xml', { ending: 'svg', isOne: isPlainSvg }],
]);

/** Drawing alone: nothing that acts, and nothing from elsewhere. */
const ACTIVE =
  /<!(?:DOCTYPE|ENTITY)|<\?xml-stylesheet|<(?:[\w-]+:)?(?:script|foreignObject|iframe|image|use|a|set|animate\w*)\b|\son\w+\s*=|@import|url\((?!\s*["']?#)|(?:href|src)\s*=(?!\s*["']?#)/i;

function isPlainSvg(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  return /^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->)[^])*-->\s*)*<svg[\s>]/.test(text) && !ACTIVE.test(text);
}

interface Read {
  readonly mediaType: string;
  readonly kind: Kind;
  readonly base64: string;
  readonly bytes: Buffer;
}

function read(value: string): Read | undefined {
  const [, mediaType = '', base64 = ''] = DATA_URL.exec(value) ?? [];
  const kind = KINDS.get(mediaType);
  return kind === undefined ? undefined : { mediaType, kind, base64, bytes: Buffer.from(base64, 'base64') };
}

/** Why a text is no image that pages can show. */
export function logoProblem(value: string): string | undefined {
  const found = read(value);
  if (found === undefined)
    return 'is not an image as a data: URL: data:image/png;base64,… (PNG, JPEG, WebP or SVG).';
  if (found.bytes.length > MAX_LOGO_BYTES)
    return `is larger than ${MAX_LOGO_BYTES} bytes: take a smaller image.`;
  if (found.kind.isOne(found.bytes)) return undefined;
  return found.mediaType === 'image/svg+xml'
    ? 'is not an SVG image that only draws: no script, no link, no animation and nothing from elsewhere.'
    : `does not hold what its type says (${found.mediaType}).`;
}

/** @returns `undefined` for a text with a {@link logoProblem}. */
export function logoOf(value: string): Logo | undefined {
  const found = read(value);
  if (found === undefined || logoProblem(value) !== undefined) return undefined;
  const { mediaType, base64, kind, bytes } = found;
  return { mediaType, base64, file: `${sha256(bytes.toString('base64')).slice(0, 16)}.${kind.ending}` };
}
