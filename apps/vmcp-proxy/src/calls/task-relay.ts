import type { HeldValue, Pieces } from '../json/held-value.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import { INTERNAL_ERROR, META_RELATED_TASK } from '../mcp/protocol.js';
import { allDeclared } from './declared.js';
import { isTask, MAX_INPUT_REQUIRED_BYTES, type Outcome } from './translate-answer.js';

const MAX_TASK_BYTES = 65_536;
const MAX_META_BYTES = 262_144;
const MAX_ID_BYTES = 4_096;

const TASK = new Set(['task']);
const TASK_ID = new Set(['taskId']);
const META = new Set(['_meta']);
const DETAILS = new Set(['taskId', 'inputRequests', 'result']);
const NAMING = new Set(['content', 'messages', 'contents']);

/** What a backend says of one task, or of a call that may become one. */
export interface RelayFacts {
  /** The task that is asked about, as the backend and as the client know it; absent: none yet. */
  readonly own?: { readonly sent: string; readonly given: string };
  /** Its result is what its tool gave, and no task (`tasks/result`). */
  readonly givesResult: boolean;
  /** The id that a client gets for a new one; `undefined` for ids that are too long. */
  readonly idOf: (taskId: string) => string | undefined;
  /** Of a client of 2026-07-28; absent: it is of an earlier revision. */
  readonly capabilities?: JsonObject;
}

/** Writes tasks as the client knows them. A backend's own ids reach nobody, and a client hears of no task but its own. */
export class TaskRelay {
  constructor(private readonly facts: RelayFacts) {}

  /** @returns `undefined` for a result that is about no task. */
  outcome(result: HeldValue): Outcome | 'undeclared' | undefined {
    const { own, capabilities } = this.facts;
    if (own !== undefined) return this.#known(result, own);
    return capabilities === undefined ? this.#begun(result) : this.#answered(result);
  }

  /** What its tool gave, where that stands in what is said of the task. */
  toolResult(result: HeldValue): HeldValue | undefined {
    return this.facts.own === undefined ? undefined : result.looked(DETAILS).member('result')?.looked(NAMING);
  }

  /** @returns `undefined` for what is said of another task. */
  status(params: HeldValue | undefined): Pieces | undefined {
    const looked = params?.looked(TASK_ID);
    return looked?.isAmbiguous === false && this.#isOwn(looked)
      ? looked.replacing(TASK_ID, this.#givenId())
      : undefined;
  }

  /** Parameters of what the backend asks in the course of the task. */
  asked(params: HeldValue): Pieces {
    const looked = params.looked(META);
    // Clients need not agree with us which of several counts.
    if (looked.isAmbiguous) return looked.replacing(META, {});
    return this.#related(looked) ?? params.pieces;
  }

  /** MCP 2025-11-25: the task stands in a member of its own. */
  #begun(result: HeldValue): Outcome | undefined {
    const looked = result.looked(TASK);
    const member = looked.member('task');
    if (looked.isAmbiguous) return AMBIGUOUS;
    if (member === undefined) return undefined;
    const task = member.parsed(MAX_TASK_BYTES);
    const id = this.#newId(isObject(task) ? task['taskId'] : undefined);
    if (!isObject(task) || id === undefined) return UNFOLLOWABLE;
    return resultOf(looked.replacing(TASK, { task: JSON.stringify({ ...task, taskId: id }) }));
  }

  /** The extension of 2026-07-28: the result is the task. */
  #answered(result: HeldValue): Outcome | undefined {
    if (!isTask(result)) return undefined;
    const looked = result.looked(TASK_ID);
    if (looked.isAmbiguous) return AMBIGUOUS;
    const id = this.#newId(looked.member('taskId')?.parsed(MAX_ID_BYTES));
    return id === undefined
      ? UNFOLLOWABLE
      : resultOf(looked.replacing(TASK_ID, { taskId: JSON.stringify(id) }));
  }

  #known(result: HeldValue, { given }: { readonly given: string }): Outcome | 'undeclared' {
    const { capabilities, givesResult } = this.facts;
    const looked = result.looked(givesResult ? META : DETAILS);
    if (looked.isAmbiguous) return AMBIGUOUS;
    if (givesResult) return resultOf(this.#related(looked) ?? result.pieces);
    const asked = looked.member('inputRequests');
    if (asked !== undefined && !allDeclared(asked.parsed(MAX_INPUT_REQUIRED_BYTES), capabilities ?? {}))
      return 'undeclared';
    return resultOf(
      looked.member('taskId') === undefined
        ? result.pieces
        : looked.replacing(TASK_ID, { taskId: JSON.stringify(given) }),
    );
  }

  #related(looked: HeldValue): Pieces | undefined {
    const meta = looked.member('_meta')?.parsed(MAX_META_BYTES);
    if (this.facts.own === undefined || !isObject(meta) || !(META_RELATED_TASK in meta)) return undefined;
    const _meta = JSON.stringify({ ...meta, [META_RELATED_TASK]: { taskId: this.facts.own.given } });
    return looked.replacing(META, { _meta });
  }

  #isOwn(looked: HeldValue | undefined): boolean {
    const { own } = this.facts;
    return own !== undefined && looked?.member('taskId')?.parsed(MAX_ID_BYTES) === own.sent;
  }

  #givenId(): Record<string, string> {
    return { taskId: JSON.stringify(this.facts.own?.given) };
  }

  #newId(taskId: unknown): string | undefined {
    return typeof taskId === 'string' ? this.facts.idOf(taskId) : undefined;
  }
}

const resultOf = (value: Pieces): Outcome => ({ member: 'result', value });

const failed = (message: string): Outcome => ({
  member: 'error',
  value: [JSON.stringify({ code: INTERNAL_ERROR, message })],
  code: INTERNAL_ERROR,
});

const UNFOLLOWABLE = failed('The backend made a task that cannot be followed: its id is none, or too long.');

/** Of several members of one name, a client may take another one than was looked at here (RFC 8259 section 4). */
export const AMBIGUOUS = failed('The backend answered with several members of one name.');
