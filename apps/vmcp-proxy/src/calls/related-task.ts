import { inAnyCase, OwnJson, type RawObject } from '../json/raw-json.js';
import { RefusedJson } from '../json/refused-json.js';
import { metaOf } from '../mcp/message.js';
import { GATEWAY_FAILURE, META_RELATED_TASK } from '../mcp/protocol.js';
import type { TaskIds } from '../tasks/task-ids.js';

export type OpensTasks = Pick<TaskIds, 'open'>;
type Requestor = Parameters<TaskIds['open']>[1];

/** Members of `_meta` that say to which task a message belongs. Some parsers do not tell upper and lower case. */
export const relatedIn = (meta: RawObject): readonly string[] =>
  meta.mayHave(META_RELATED_TASK) ? meta.names.filter((name) => inAnyCase(name) === META_RELATED_TASK) : NONE;
const NONE: readonly string[] = [];

/**
 * A client's response to a question. It names the task in the course of which it was asked (MCP 2025-11-25, tasks), by an id of
 * ours: the backend gets its own. What is no task of this requestor at this backend is left out: nobody names one past the seal.
 */
export function withOpenedTask(
  response: RawObject,
  backend: string,
  requestor: Requestor,
  ids: OpensTasks,
): RawObject | Promise<RawObject> {
  try {
    const result = response.get('result')?.object();
    const meta = result && metaOf(result);
    const related = meta === undefined ? [] : relatedIn(meta);
    if (result === undefined || meta === undefined || related.length === 0) return response;
    const rest = meta.without(...related);
    const given = meta.get(META_RELATED_TASK)?.object()?.get('taskId')?.text();
    const withTask = (taskId: string | undefined): RawObject => {
      const named = taskId === undefined ? rest : rest.with(META_RELATED_TASK, new OwnJson({ taskId }));
      return response.with('result', result.with('_meta', named));
    };
    return given === undefined ? withTask(undefined) : taskAt(backend, given, requestor, ids).then(withTask);
  } catch (error) {
    if (!(error instanceof RefusedJson)) throw error;
    // The backend waits for an answer, whatever it is.
    return response.without('result').with('error', new OwnJson(UNREADABLE));
  }
}

/** The backend's own id. */
async function taskAt(
  backend: string,
  id: string,
  requestor: Requestor,
  ids: OpensTasks,
): Promise<string | undefined> {
  // Who keeps the keys says itself that they are away.
  const place = await ids.open(id, requestor).catch(() => undefined);
  return place?.backend === backend && place.era === 'legacy' ? place.taskId : undefined;
}

const UNREADABLE = { code: GATEWAY_FAILURE, message: 'the answer of the client cannot be read' };
