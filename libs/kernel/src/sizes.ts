const UNITS_BYTES = { B: 1, KiB: 1_024, MiB: 1_048_576 } as const;

export const KIB = UNITS_BYTES.KiB;
export const MIB = UNITS_BYTES.MiB;

/** Reads `512B`, `64KiB` or `4MiB` as bytes; anything else, a bare number included, is `undefined`. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d{1,9})(B|KiB|MiB)$/.exec(text);
  if (match === null) return undefined;
  const unit = match[2] as keyof typeof UNITS_BYTES;
  return Number(match[1]) * UNITS_BYTES[unit];
}
