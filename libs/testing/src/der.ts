/** DER (X.690): tag, length, content. */
export function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOf(body), body]);
}

/** In as few bytes as possible: DER allows no others. */
function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
}

export const sequence = (...content: readonly Buffer[]): Buffer => der(0x30, ...content);
export const oid = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes));
export const time = (at: Date): Buffer =>
  der(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

export const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

export const pemOf = (certificate: Buffer): string =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...linesOf(certificate.toString('base64')),
    '-----END CERTIFICATE-----',
    '',
  ].join('\n');

const linesOf = (base64: string): readonly string[] => base64.match(/.{1,64}/g) ?? [];
