export type Labels<Label extends string> = Readonly<Partial<Record<Label, string | number>>>;

interface Found<Label extends string, Thing> {
  /** `undefined`: it has none. */
  readonly labels: Labels<Label> | undefined;
  readonly thing: Thing;
}

/** What comes of the values of the first labels. */
interface Place<Label extends string, Thing> {
  /** By the value of the next label. */
  readonly next: Map<string, Place<Label, Thing>>;
  found: Found<Label, Thing> | undefined;
}

const newPlace = <Label extends string, Thing>(): Place<Label, Thing> => ({
  next: new Map(),
  found: undefined,
});

/** One thing for each combination of labels. It is looked for several times in each call: that makes nothing, not even a text of the values. */
export class Labelled<Label extends string, Thing> {
  readonly #first = newPlace<Label, Thing>();
  readonly #all: Found<Label, Thing>[] = [];

  constructor(
    private readonly labelNames: readonly Label[],
    private readonly make: () => Thing,
  ) {}

  of(labels: Labels<Label> | undefined): Thing {
    let place = this.#first;
    for (const name of this.labelNames) {
      const value = labels?.[name] ?? '';
      const text = typeof value === 'string' ? value : String(value);
      let next = place.next.get(text);
      if (next === undefined) {
        next = newPlace();
        place.next.set(text, next);
      }
      place = next;
    }
    place.found ??= this.#add(labels);
    return place.found.thing;
  }

  all(): Iterable<Found<Label, Thing>> {
    return this.#all;
  }

  #add(labels: Labels<Label> | undefined): Found<Label, Thing> {
    const found = { labels, thing: this.make() };
    this.#all.push(found);
    return found;
  }
}
