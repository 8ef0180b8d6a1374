import type { FiguresOfScale, PartName, Row } from '../figures-of-scale.js';
import type { Plot, Series } from './plot.js';

interface Drawn {
  readonly name: string;
  readonly part: PartName;
  readonly plot: Plot;
}

interface Wanted {
  readonly name: string;
  readonly part: PartName;
  readonly table: string;
  /** The column along x. */
  readonly along: string;
  /** Columns of y, with the names of their lines; one that begins with `model` is a prediction. */
  readonly columns: readonly (readonly [column: string, name: string])[];
  readonly plot: Omit<Plot, 'series' | 'x'> & { readonly x?: string };
}

const WANTED: readonly Wanted[] = [
  {
    name: 'calls-at-once',
    part: 'proxies',
    table: 'calls at once',
    along: 'calls at once',
    columns: [
      ['calls/s', 'measured'],
      ['calls/s, model', 'model'],
    ],
    plot: {
      title: 'One proxy: calls per second by calls at once',
      y: 'calls per second',
      isXLogarithmic: true,
    },
  },
  {
    name: 'proxies',
    part: 'proxies',
    table: 'a core for each proxy',
    along: 'proxies',
    columns: [['calls/s, model', 'model: a core for each']],
    plot: { title: 'Proxies with a core each', y: 'calls per second' },
  },
  {
    name: 'credential-time',
    part: 'connections',
    table: 'people and their connections',
    along: 'people',
    columns: [
      ['credential p50 ms', 'credential, p50'],
      ['p99 ms', 'credential, p99'],
      ['renewal p50 ms', 'renewal, p50'],
    ],
    plot: {
      title: 'Time of one credential by people who are stored',
      y: 'milliseconds',
      isXLogarithmic: true,
    },
  },
  {
    name: 'stored',
    part: 'connections',
    table: 'people and their connections',
    along: 'people',
    columns: [
      ['vault tables MiB', 'vault, tables'],
      ['vault indexes MiB', 'vault, indexes'],
      ['server tables MiB', 'server, tables'],
      ['server indexes MiB', 'server, indexes'],
    ],
    plot: { title: 'What people take in Postgres', y: 'MiB', isXLogarithmic: true, isYLogarithmic: true },
  },
  {
    name: 'backends',
    part: 'backends',
    table: 'backends and their lists',
    along: 'backends',
    columns: [
      ['first list ms', 'first list'],
      ['cached list ms', 'cached list'],
      ['start ms', 'start'],
      ['reload ms', 'reload'],
    ],
    plot: {
      title: 'Times by number of backends',
      y: 'milliseconds',
      isXLogarithmic: true,
      isYLogarithmic: true,
    },
  },
  {
    name: 'tools',
    part: 'tools',
    table: 'tools and their lists',
    along: 'tools',
    columns: [
      ['all listed ms', 'first list'],
      ['cached list ms', 'cached list'],
      ['next person ms', 'next person'],
    ],
    plot: {
      title: 'Times of a list by number of tools',
      y: 'milliseconds',
      isXLogarithmic: true,
      isYLogarithmic: true,
    },
  },
  {
    name: 'providers',
    part: 'providers',
    table: 'a sign-in through all providers',
    along: 'providers',
    columns: [
      ['sign-in ms', 'sign-in'],
      ['page to approve ms', 'page to approve'],
      ['connections page ms', 'connections page'],
    ],
    plot: { title: 'A sign-in by number of providers', y: 'milliseconds' },
  },
  {
    name: 'credentials-at-once',
    part: 'pools',
    table: 'credentials at once, one vault',
    along: 'asks at once',
    columns: [
      ['credentials/s', 'credentials per second'],
      ['p99 ms', 'p99, milliseconds'],
    ],
    plot: {
      title: 'One vault: credentials asked for at once',
      y: 'per second; ms',
      isXLogarithmic: true,
      isYLogarithmic: true,
    },
  },
];

/** The plots for which there are figures. */
export const plotsOf = (figures: FiguresOfScale): readonly Drawn[] =>
  WANTED.flatMap(({ name, part, table, along, columns, plot }) => {
    // One line has one rule for names.
    const rows = (figures.parts[part]?.tables[table] ?? []).filter(
      ({ names = 'prefix' }) => names === 'prefix',
    );
    const series = columns.map(([column, line]) => seriesOf(rows, along, column, line));
    return rows.length < 2 ? [] : [{ name, part, plot: { x: along, ...plot, series } }];
  });

const seriesOf = (rows: readonly Row[], along: string, column: string, name: string): Series => ({
  name,
  isModel: name.startsWith('model'),
  points: rows.flatMap((row) => {
    const [x, y] = [row[along], row[column]];
    return typeof x === 'number' && typeof y === 'number' ? [[x, y] as const] : [];
  }),
});
