/** Bytes of a number of P-256. */
const NUMBER_BYTES = 32;

/**
 * An ECDSA signature as JWS has it (two numbers, one behind the other; RFC 7518, section 3.4), out of the DER that most services
 * give (RFC 3279, section 2.2.3).
 * @throws when it is anything but that.
 */
export function joseSignature(der: Buffer): Buffer {
  const [sequence, ...behind] = elements(der, 0x30);
  if (sequence === undefined || behind.length > 0) throw new Error('it is no ECDSA signature in DER');
  const numbers = elements(sequence, 0x02);
  if (numbers.length !== 2) throw new Error('it is no ECDSA signature in DER');
  return Buffer.concat(numbers.map(padded));
}

/** The elements that stand in it, all of one tag. P-256 needs no length of more than one byte. */
function elements(der: Buffer, tag: number): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < der.length;) {
    const [read, length] = [der[at], der[at + 1]];
    if (read !== tag || length === undefined || length > 0x7f || at + 2 + length > der.length)
      throw new Error('it is no ECDSA signature in DER');
    found.push(der.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return found;
}

/** An integer of DER has a sign, and as few bytes as it needs. */
function padded(integer: Buffer): Buffer {
  const bytes = integer[0] === 0 ? integer.subarray(1) : integer;
  if (bytes.length > NUMBER_BYTES || integer.length === 0) throw new Error('it is no signature of P-256');
  return Buffer.concat([Buffer.alloc(NUMBER_BYTES - bytes.length), bytes]);
}
