interface Place<Member> {
  member: Member | undefined;
  index: number;
}

/**
 * Things that come and go with each call. A `Map` or `Set` is the wrong place for them: V8 replaces its table again and again as they go,
 * each table points to the next one, and the entries that a dead table had stay in it. Once one table is old, all that come after it live
 * until the old generation is collected, with all that their entries lead to: 11 KB of each call (docs/speed.md). Here nothing that has
 * gone is held by anything.
 */
export class LiveSet<Member> implements Iterable<Member> {
  readonly #places: Place<Member>[] = [];

  get size(): number {
    return this.#places.length;
  }

  /** @returns what takes it away again; once is enough. */
  add(member: Member): () => void {
    const place: Place<Member> = { member, index: this.#places.length };
    this.#places.push(place);
    return () => this.#leave(place);
  }

  /** Those that are there now, in no order. Some may go meanwhile: they are shown all the same. */
  [Symbol.iterator](): Iterator<Member> {
    const members: Member[] = [];
    for (const { member } of this.#places) if (member !== undefined) members.push(member);
    return members.values();
  }

  #leave(place: Place<Member>): void {
    if (place.member === undefined) return;
    place.member = undefined;
    const last = this.#places.pop();
    if (last === undefined || last === place) return;
    this.#places[place.index] = last;
    last.index = place.index;
  }
}
