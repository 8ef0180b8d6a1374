import { OwnJson, type RawObject } from '../json/raw-json.js';
import { CALL_METHODS, type CallMethod } from '../mcp/call-methods.js';
import type { RequestMessage } from '../mcp/message.js';

/** What a call is about. */
export type CallTarget = Named &
  (
    | { readonly kind: 'tool' | 'prompt' | 'resource' | 'task' }
    /** How an argument of a prompt, or of a resource template, can go on. */
    | { readonly kind: 'completion'; readonly of: 'prompt' | 'resource' }
  );

interface Named {
  /** As the client knows it; absent: the client named nothing. */
  readonly name: string | undefined;
  /** Parameters of such a call with another name for the target; everything else stays as it came. */
  readonly renamed: (params: RawObject, name: string) => RawObject;
}

/** Reads what a request is about. @returns `undefined` for a method that no backend answers. */
export function targetOf({
  method,
  params,
}: Pick<RequestMessage, 'method' | 'params'>): CallTarget | undefined {
  const call = CALL_METHODS.get(method);
  if (call !== undefined) return named(call, params);
  return method === 'completion/complete' ? completed(params) : undefined;
}

const named = ({ kind, field }: CallMethod, params: RawObject): CallTarget => ({
  kind,
  name: params.get(field)?.text(),
  renamed: (of, name) => of.with(field, new OwnJson(name)),
});

/** `ref/resource` names a template or a resource by its URI, `ref/prompt` a prompt. */
function completed(params: RawObject): CallTarget {
  const ref = params.get('ref')?.object();
  const type = ref?.get('type')?.text();
  const isResource = type === 'ref/resource';
  const field = isResource ? 'uri' : 'name';
  // A backend that reads the type in another case, or has a default, would look at another member than we did.
  const isKnown = isResource || type === 'ref/prompt';
  return {
    kind: 'completion',
    of: isResource ? 'resource' : 'prompt',
    name: isKnown ? ref?.get(field)?.text() : undefined,
    renamed: (of, name) => (ref === undefined ? of : of.with('ref', ref.with(field, new OwnJson(name)))),
  };
}
