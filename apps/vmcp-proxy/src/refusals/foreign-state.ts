import type { HeldValue, Pieces } from '../json/held-value.js';
import { RawJson, type JsonPieces, type RawObject } from '../json/raw-json.js';

/** How states of the gateway's own begin, and those that were written differently because they began so. */
const FOREIGN = 'gh0.';
/** As they may be written: each character by itself, or by its number (RFC 8259 section 7). */
const OWN_WRITTEN = /^"(?:g|\\u0067)(?:h|\\u0068)(?:\d|\\u003\d)(?:\.|\\u002[eE])/;
const FOREIGN_WRITTEN = /^"(?:g|\\u0067)(?:h|\\u0068)(?:0|\\u0030)(?:\.|\\u002[eE])/;
/** A quote, and four characters of six bytes. */
const BEGINNING_BYTES = 25;
const REQUEST_STATE = new Set(['requestState']);

/**
 * A backend's `requestState` that looks like one of ours: the backend may be another gateway, or want to be taken for this
 * one. The client gets it with a mark before it, and it loses that on the way back. It does not matter how long it is written:
 * the client may write it shorter.
 */
export function foreignStateMarked(result: HeldValue): Pieces {
  const looked = result.looked(REQUEST_STATE);
  const state = looked.member('requestState')?.pieces ?? [];
  // Of two a client may take the other one.
  if (looked.isAmbiguous) return looked.replacing(REQUEST_STATE, {});
  if (!OWN_WRITTEN.test(beginningOf(state))) return result.pieces;
  const written = Buffer.concat(state).toString();
  return looked.replacing(REQUEST_STATE, { requestState: `"${FOREIGN}${written.slice(1)}` });
}

/** The parameters of a retry with the state as its backend wrote it. */
export function foreignStateUnmarked(params: RawObject): RawObject {
  const given = params.get('requestState');
  if (!(given instanceof RawJson)) return params;
  const pieces: JsonPieces = [];
  given.writeTo(pieces);
  const mark = FOREIGN_WRITTEN.exec(beginningOf(pieces))?.[0];
  if (mark === undefined) return params;
  const [text = ''] = pieces;
  const rest = typeof text === 'string' ? Buffer.from(text.slice(mark.length)) : text.subarray(mark.length);
  return params.with('requestState', RawJson.read(Buffer.concat([Buffer.from('"'), rest])));
}

function beginningOf(pieces: readonly (string | Buffer)[]): string {
  let text = '';
  for (const piece of pieces) {
    if (text.length >= BEGINNING_BYTES) break;
    text +=
      typeof piece === 'string'
        ? piece.slice(0, BEGINNING_BYTES)
        : piece.toString('latin1', 0, BEGINNING_BYTES);
  }
  return text;
}
