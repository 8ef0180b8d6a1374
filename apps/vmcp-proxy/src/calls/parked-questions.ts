import { createHash } from 'node:crypto';
import type { Principal } from '../incoming-auth/principal.js';
import type { Pieces } from '../json/held-value.js';
import { joinJson, type RawObject } from '../json/raw-json.js';

/** A request of a backend that a client has to answer before its call can go on. */
export interface ParkedQuestion {
  readonly method: string;
  /** As the backend wrote them, in bytes of their own. */
  readonly params: Buffer | undefined;
  /** Hands the client's answer to the backend, in the name of who gave it. */
  answer(result: RawObject, by: Principal): void;
  /** The backend does not want to know any more. */
  takenBack(): void;
  /** It was asked beside all calls: another one may wait for its answer. */
  readonly isBeside: boolean;
  /** Tells the backend that there will be no answer. */
  refuse(): void;
}

/** A result that asks for input (MCP 2026-07-28, multi round-trip requests). */
export function questionsResult(questions: ReadonlyMap<string, ParkedQuestion>, state: string): Pieces {
  const requests = [...questions].flatMap(([key, { method, params }], index) => [
    `${index === 0 ? '' : ','}${JSON.stringify(key)}:{"method":${JSON.stringify(method)}`,
    ...(params === undefined ? [] : [',"params":', params]),
    '}',
  ]);
  return [
    '{"resultType":"input_required","inputRequests":{',
    ...requests,
    `},"requestState":${JSON.stringify(state)}}`,
  ];
}

/** What is new in each request of one call. */
const NOT_REPEATED: ReadonlySet<string> = new Set(['inputResponses', 'requestState', '_meta']);

/** What a client has to repeat, as one text that no other parameters give, and how much it is. */
export function repeatedPart(params: RawObject): { readonly digest: string; readonly byteLength: number } {
  const hash = createHash('sha256');
  let byteLength = 0;
  for (const name of params.names.filter((one) => !NOT_REPEATED.has(one)).toSorted()) {
    const value = params.get(name);
    const bytes = Buffer.from(value === undefined ? '' : joinJson(value));
    hash.update(`${JSON.stringify(name)}:${bytes.length}:`).update(bytes);
    byteLength += bytes.length;
  }
  return { digest: hash.digest('base64url'), byteLength };
}
