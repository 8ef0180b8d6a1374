import { joined, type Pieces } from '../json/held-value.js';

const LINE_FEED = 0x0a;
const NEXT_DATA_LINE = '\ndata: ';

/** One event: where the backend wrote a line break between two tokens, another `data` line begins. */
export function eventPieces(text: Pieces): Pieces {
  const lines = text.flatMap((piece) => (typeof piece === 'string' ? [piece] : dataLines(piece)));
  return ['event: message\ndata: ', ...lines, '\n\n'];
}

/** @returns what the last writing returned: false when there is no room for more. */
export function writeEvent(text: Pieces, write: (piece: Buffer) => boolean): boolean {
  let hasRoom = true;
  for (const piece of joined(eventPieces(text))) hasRoom = write(piece);
  return hasRoom;
}

function dataLines(piece: Buffer): Pieces {
  if (!piece.includes(LINE_FEED)) return [piece];
  return [Buffer.from(piece.toString('latin1').replaceAll('\n', NEXT_DATA_LINE), 'latin1')];
}
