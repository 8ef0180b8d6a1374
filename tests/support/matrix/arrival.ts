import { Ended, Silence } from '@gatehouse/testing/mcp-exchange';
import type { Era } from '@gatehouse/testing/spread-client';
import { Refused, type Feature, type Probe, type Sides } from './cells.js';
import { LEGACY } from './legacy-cells.js';
import { MODERN } from './modern-cells.js';

/** What of a feature reaches the other side: all of it, or what the client is told in its place. */
export type Arrival = 'arrives' | `refused: ${string}` | 'HANGS';

const MAX_SHOWN = 160;
/** So many times what a wait of the client may take: a cell makes several requests, one after the other. */
const WAITS = 6;

/** One cell. It ends, whatever anybody does, and each of its requests has its response. */
export async function arrival(feature: Feature, sides: Sides, withinMs: number): Promise<Arrival> {
  const late = Promise.withResolvers<'HANGS'>();
  const timer = setTimeout(() => late.resolve('HANGS'), WAITS * withinMs);
  const probe: Record<Era, Readonly<Record<Feature, Probe>>> = { legacy: LEGACY, modern: MODERN };
  const arrived = await Promise.race([
    probe[sides.client.era]
      [feature](sides)
      .then((isThere): Arrival => (isThere ? 'arrives' : 'refused: it does not come'), toldInstead),
    late.promise,
  ]);
  clearTimeout(timer);
  return arrived;
}

function toldInstead(error: unknown): Arrival {
  if (error instanceof Refused || error instanceof Ended)
    return `refused: ${error.message.replaceAll(/\s+/g, ' ').slice(0, MAX_SHOWN)}`;
  if (error instanceof Silence) return 'HANGS';
  throw error;
}
