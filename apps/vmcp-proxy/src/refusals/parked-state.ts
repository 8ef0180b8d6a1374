import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { RawObject } from '../json/raw-json.js';
import { markedState } from './request-state.js';

const MARK = 'gh2';
/** Ours are much shorter. A longer one that carries our mark was tampered with, and is no new call. */
const MAX_BYTES = 16_384;
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a request has to have in common with the one that was asked. */
export interface AskedRequest {
  /** {@link Principal.key} */
  readonly principalKey: string;
  /** The place of the endpoint that it came to (`Scope.place`). */
  readonly endpoint: string;
  readonly method: string;
  readonly name: string;
  /** Of the parameters that the client repeats. */
  readonly digest: string;
}

/** Where the call waits, and for the answers to which of its questions. */
export interface ParkedPlace {
  readonly callId: string;
  readonly round: number;
}

export type OpenedState =
  | { readonly kind: 'place'; readonly place: ParkedPlace }
  /** Only that replica can open it, if it is still there. */
  | { readonly kind: 'elsewhere'; readonly replica: string }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'expired' };

/**
 * `requestState` of calls that wait here for their client's answers (MCP 2026-07-28, multi round-trip requests). A client may
 * send anything as a state: this one is sealed for one person and one request, and opens at the replica that it names.
 */
export class ParkedStates {
  readonly #key = randomBytes(32);

  constructor(
    /** This process, as the others know it. */
    private readonly replica: string,
    private readonly validForMs: number,
    private readonly nowMs: () => number = Date.now,
  ) {}

  ownIn(params: RawObject): string | undefined {
    return markedState(params, MARK, MAX_BYTES);
  }

  seal({ callId, round }: ParkedPlace, request: AskedRequest): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(
      this.#boundTo(request),
    );
    const text = JSON.stringify([callId, round, this.nowMs() + this.validForMs]);
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${MARK}.${this.replica}.${sealed.toString('base64url')}`;
  }

  open(state: string, request: AskedRequest): OpenedState {
    const [, replica = '', written = '', ...rest] = state.split('.');
    if (rest.length > 0 || replica === '' || written === '') return { kind: 'foreign' };
    if (replica !== this.replica) return { kind: 'elsewhere', replica };
    const sealed = Buffer.from(written, 'base64url');
    // Two spellings of the same bytes would be two states.
    if (sealed.length < NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== written)
      return { kind: 'foreign' };
    const text = this.#opened(sealed, request);
    if (text === undefined) return { kind: 'foreign' };
    // What opens was sealed above.
    const [callId, round, expiresAtMs] = JSON.parse(text) as [string, number, number];
    return expiresAtMs <= this.nowMs() ? { kind: 'expired' } : { kind: 'place', place: { callId, round } };
  }

  #opened(sealed: Buffer, request: AskedRequest): string | undefined {
    const tagAt = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, this.#key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(this.#boundTo(request))
      .setAuthTag(sealed.subarray(tagAt));
    try {
      return decipher.update(sealed.subarray(NONCE_BYTES, tagAt), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }

  #boundTo({ principalKey, endpoint, method, name, digest }: AskedRequest): Buffer {
    return Buffer.from(JSON.stringify([MARK, this.replica, principalKey, endpoint, method, name, digest]));
  }
}
