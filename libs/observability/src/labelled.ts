export type Labels<Label extends string> = Readonly<Partial<Record<Label, string | number>>>;

interface Found<Label extends string, Thing> {
  /** `undefined`: it has none. */
  readonly labels: Labels<Label> | undefined;
  readonly thing: Thing;
}

/** One thing for each combination of labels. Finding it costs one look in a map: it is done several times in each call. */
export class Labelled<Label extends string, Thing> {
  readonly #things = new Map<string, Found<Label, Thing>>();

  constructor(
    private readonly labelNames: readonly Label[],
    private readonly make: () => Thing,
  ) {}

  of(labels: Labels<Label> | undefined): Thing {
    let key = '';
    // No value has a line break: names of the configuration, outcomes, names of tools on one line.
    for (const name of this.labelNames) key += `${labels?.[name] ?? ''}\n`;
    let found = this.#things.get(key);
    if (found === undefined) {
      found = { labels, thing: this.make() };
      this.#things.set(key, found);
    }
    return found.thing;
  }

  all(): Iterable<Found<Label, Thing>> {
    return this.#things.values();
  }
}
