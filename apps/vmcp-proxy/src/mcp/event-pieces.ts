import type { Pieces } from '../json/held-value.js';

const LINE_FEED = 0x0a;
const NEXT_DATA_LINE = '\ndata: ';

/** One event: where the backend wrote a line break between two tokens, another `data` line begins. */
export function eventPieces(text: Pieces): Pieces {
  const lines = text.flatMap((piece) => (typeof piece === 'string' ? [piece] : dataLines(piece)));
  return ['event: message\ndata: ', ...lines, '\n\n'];
}

function dataLines(piece: Buffer): Pieces {
  if (!piece.includes(LINE_FEED)) return [piece];
  return [Buffer.from(piece.toString('latin1').replaceAll('\n', NEXT_DATA_LINE), 'latin1')];
}
