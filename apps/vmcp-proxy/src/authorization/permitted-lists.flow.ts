import { KINDS, type Kind } from '../catalog/definitions.js';
import type { Entry, View } from '../catalog/view.js';
import { sha256 } from '@gatehouse/kernel/digest';
import { LongWork } from '@gatehouse/kernel/long-work';
import { LRUCache } from 'lru-cache';
import type { CallPolicy } from './call-policy.js';
import { ACTION_OF, type Thing } from './things.js';
import type { Looking, ShownLists } from './shown-lists.js';

const MAX_TEXTS = 1_000;
const MAX_TEXT_BYTES = 33_554_432;

interface Shown {
  readonly text: string;
  readonly digest: string;
}

/** Lists show what some call of may be allowed: the same decision as that of calls. */
export class PermittedLists implements ShownLists {
  readonly #texts = new LRUCache<string, Shown>({
    max: MAX_TEXTS,
    maxSize: MAX_TEXT_BYTES,
    sizeCalculation: ({ text }) => text.length + 1,
  });
  readonly #numbers = new WeakMap<View, number>();
  #views = 0;

  constructor(private readonly policy: Pick<CallPolicy, 'mayBe' | 'mayBeAtBackend' | 'signatureOf'>) {}

  async settle(view: View, kinds: readonly Kind[], looking: Looking): Promise<void> {
    const work = new LongWork();
    for (const kind of kinds) {
      if (this.#texts.has(this.#key(view, kind, looking))) continue;
      for (const entry of view.entries(kind)) {
        this.#isShown(entry, kind, looking);
        await work.pause();
      }
    }
  }

  text(view: View, kind: Kind, looking: Looking): string {
    return this.#shown(view, kind, looking).text;
  }

  digest(view: View, kind: Kind, looking: Looking): string {
    return this.#shown(view, kind, looking).digest;
  }

  hasSome(view: View, backend: string, looking: Looking): boolean {
    return KINDS.some((kind) =>
      view.entries(kind).some((entry) => entry.backend === backend && this.#isShown(entry, kind, looking)),
    );
  }

  #shown(view: View, kind: Kind, looking: Looking): Shown {
    const key = this.#key(view, kind, looking);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const entries = view.entries(kind);
    const shown = entries.filter((entry) => this.#isShown(entry, kind, looking));
    const text =
      shown.length === entries.length
        ? view.text(kind)
        : JSON.stringify(shown.map(({ definition }) => definition));
    const made = { text, digest: sha256(text) };
    this.#texts.set(key, made);
    return made;
  }

  #isShown(
    { backend, original, definition, standsIn }: Entry,
    kind: Kind,
    { principal, scope }: Looking,
  ): boolean {
    const thing: Thing = { action: ACTION_OF[kind], backend, original, definition, place: scope.place };
    return standsIn === true
      ? this.policy.mayBeAtBackend(principal, thing)
      : this.policy.mayBe(principal, thing);
  }

  #key(view: View, kind: Kind, { principal, scope }: Looking): string {
    let number = this.#numbers.get(view);
    if (number === undefined) {
      this.#views += 1;
      number = this.#views;
      this.#numbers.set(view, number);
    }
    return `${String(number)} ${kind} ${scope.place}\n${this.policy.signatureOf(principal)}`;
  }
}
