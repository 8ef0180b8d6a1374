import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { createHmac, randomBytes } from 'node:crypto';
import { RawJson, type RawObject } from '../json/raw-json.js';

const VALID_FOR_MS = 15 * MINUTE_MS;
const MARK = 'gh1';
const MAX_BYTES = 256;

/** The request's state, if it carries our mark. Backends have states too, of any size. */
export function markedState(params: RawObject, mark: string, mostBytes: number): string | undefined {
  const given = params.get('requestState');
  const state = given instanceof RawJson && given.byteLength <= mostBytes ? given.text() : undefined;
  return state?.startsWith(`${mark}.`) === true ? state : undefined;
}

/** What a question of ours was about. */
export interface Asked {
  /** {@link Principal.key} */
  readonly principalKey: string;
  readonly name: string;
}

/**
 * `requestState` of our own questions (MCP 2026-07-28): bound to the principal, the name that was called and a time. It
 * gives no right to anything. One that does not verify, another replica's among them, is as good as none: the call is
 * then made as if nothing had been asked.
 */
export class RequestStates {
  readonly #key = randomBytes(32);

  constructor(private readonly nowMs: () => number = Date.now) {}

  seal(asked: Asked): string {
    const expiresAtMs = this.nowMs() + VALID_FOR_MS;
    return `${MARK}.${expiresAtMs}.${this.#mac(asked, expiresAtMs)}`;
  }

  /** The state of a question of ours that the request answers. */
  ownIn(params: RawObject): string | undefined {
    return markedState(params, MARK, MAX_BYTES);
  }

  verifies(state: string, asked: Asked): boolean {
    const [mark, expires, mac, ...rest] = state.split('.');
    if (mark !== MARK || expires === undefined || mac === undefined || rest.length > 0) return false;
    if (!/^\d{13}$/.test(expires) || Number(expires) <= this.nowMs()) return false;
    return equalsInConstantTime(mac, this.#mac(asked, Number(expires)));
  }

  #mac({ principalKey, name }: Asked, expiresAtMs: number): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([sha256(principalKey), name, expiresAtMs]))
      .digest('base64url');
  }
}
