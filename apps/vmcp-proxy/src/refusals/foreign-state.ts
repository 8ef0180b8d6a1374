import type { HeldValue, Pieces } from '../json/held-value.js';
import { OwnJson, RawJson, type RawObject } from '../json/raw-json.js';

/** How states of the gateway's own begin, and those that were written differently because they began so. */
const OWN = /^gh\d\./;
const FOREIGN = 'gh0.';
/** A longer one is not taken for one of ours. */
const MAX_BYTES = 16_384;
/** Every gateway on the way adds its mark. */
const MAX_WRITTEN_BYTES = MAX_BYTES + 256;
const REQUEST_STATE = new Set(['requestState']);

/**
 * A backend's `requestState` that looks like one of ours: the backend may be another gateway, or want to be taken for this
 * one. The client gets it with a mark before it, and it loses that on the way back.
 */
export function foreignStateMarked(result: HeldValue): Pieces {
  const looked = result.looked(REQUEST_STATE);
  const written = looked.member('requestState');
  const state =
    written === undefined || written.byteLength > MAX_BYTES ? undefined : written.parsed(MAX_BYTES);
  const isOurs = typeof state === 'string' && OWN.test(state);
  if (isOurs) return looked.replacing(REQUEST_STATE, { requestState: JSON.stringify(FOREIGN + state) });
  // Of two a client may take the other one.
  return looked.isAmbiguous ? looked.replacing(REQUEST_STATE, {}) : result.pieces;
}

/** The parameters of a retry with the state as its backend wrote it. */
export function foreignStateUnmarked(params: RawObject): RawObject {
  const given = params.get('requestState');
  const state = given instanceof RawJson && given.byteLength <= MAX_WRITTEN_BYTES ? given.text() : undefined;
  return state?.startsWith(FOREIGN) === true
    ? params.with('requestState', new OwnJson(state.slice(FOREIGN.length)))
    : params;
}
