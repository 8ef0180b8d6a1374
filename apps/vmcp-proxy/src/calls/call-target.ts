import type { RequestMessage } from '../mcp/message.js';
import { OwnJson, type RawObject } from '../json/raw-json.js';

/** What a call is about, by the name that its client knows. */
export interface CallTarget {
  readonly kind: 'tool' | 'prompt' | 'resource';
  /** Absent: the client named nothing. */
  readonly name: string | undefined;
  /** It asks how an argument of the target can go on (`completion/complete`). */
  readonly isCompletion: boolean;
  /** Parameters of such a call with another name for the target; everything else stays as it came. */
  readonly renamed: (params: RawObject, name: string) => RawObject;
}

type Reads = (params: RawObject) => CallTarget;

const named =
  (kind: CallTarget['kind'], field: 'name' | 'uri'): Reads =>
  (params) => ({
    kind,
    name: params.get(field)?.text(),
    isCompletion: false,
    renamed: (of, name) => of.with(field, new OwnJson(name)),
  });

/** `ref/resource` names a template or a resource by its URI, `ref/prompt` a prompt. */
function completed(params: RawObject): CallTarget {
  const ref = params.get('ref')?.object();
  const kind = ref?.get('type')?.text() === 'ref/resource' ? 'resource' : 'prompt';
  const field = kind === 'resource' ? 'uri' : 'name';
  return {
    kind,
    name: ref?.get(field)?.text(),
    isCompletion: true,
    renamed: (of, name) => (ref === undefined ? of : of.with('ref', ref.with(field, new OwnJson(name)))),
  };
}

/** The methods that one backend answers, and where each says what it is about. */
const CALLS: ReadonlyMap<string, Reads> = new Map<string, Reads>([
  ['tools/call', named('tool', 'name')],
  ['prompts/get', named('prompt', 'name')],
  ['resources/read', named('resource', 'uri')],
  ['completion/complete', completed],
]);

/** @returns `undefined` for a method that no backend answers. */
export const targetOf = ({
  method,
  params,
}: Pick<RequestMessage, 'method' | 'params'>): CallTarget | undefined => CALLS.get(method)?.(params);
