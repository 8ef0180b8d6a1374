/** One line of a table; its members are the columns. */
export type Row = Readonly<Record<string, number | string>>;

/** By name, in the order in which the page has them. */
export type Tables = Readonly<Record<string, readonly Row[]>>;

export const PART_NAMES = [
  'proxies',
  'connections',
  'backends',
  'tools',
  'providers',
  'sign-ins',
  'bus',
  'pools',
] as const;
export type PartName = (typeof PART_NAMES)[number];

/** What one part measured. */
export interface PartFigures {
  /** A run with the smallest sizes: it shows that the part works, and nothing else. */
  readonly isSmall: boolean;
  readonly seconds: number;
  readonly tables: Tables;
}

interface Machine {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
}

/** docs/scaling/figures.json: the page and its plots are made of it. */
export interface FiguresOfScale {
  readonly machine: Machine;
  readonly parts: Readonly<Partial<Record<PartName, PartFigures>>>;
}

/** How large a part is measured, and how long. */
export interface Extent {
  readonly isSmall: boolean;
  /** The first in a whole run, the second in a small one. */
  readonly of: <Value>(whole: Value, small: Value) => Value;
}

export interface Part {
  readonly name: PartName;
  readonly measure: (extent: Extent) => Promise<Tables>;
}
