import { PART_NAMES, type FiguresOfScale, type PartName } from '../figures-of-scale.js';
import { limitsOf } from './limits.js';
import { tableOf } from './markdown.js';
import { measuredRates } from './measured-rates.js';
import { planFor } from './million.js';
import { svgOf } from './plot.js';
import { plotsOf } from './plots.js';

interface ScalingPage {
  /** The page, with what the figures say in its places. */
  readonly text: string;
  /** SVG by file name. */
  readonly plots: ReadonlyMap<string, string>;
}

/** Where something is written: `<!-- scale: limits -->` up to `<!-- scale: end -->`. */
const PLACE = /(<!-- scale: ([\w-]+) -->)[^]*?(<!-- scale: end -->)/g;

/** Writes what the figures say into the places of a page. */
export function scalingPage(page: string, figures: FiguresOfScale): ScalingPage {
  const drawn = plotsOf(figures);
  const rates = measuredRates(figures);
  const written: Readonly<Record<string, () => string>> = {
    machine: () => machineText(figures),
    limits: () => tableOf(limitsOf(figures, rates)),
    million: () => tableOf(planFor(rates)),
    ...Object.fromEntries(
      PART_NAMES.map((name) => [
        name,
        () =>
          partText(
            figures,
            name,
            drawn
              .filter(({ part }) => part === name)
              .map((one) => ({ name: one.name, title: one.plot.title })),
          ),
      ]),
    ),
  };
  const places = new Set([...page.matchAll(PLACE)].map(([, , name]) => name));
  const missing = Object.keys(written).filter((name) => !places.has(name));
  if (missing.length > 0) throw new Error(`the page has no place for ${missing.join(', ')}`);
  return {
    text: page.replace(PLACE, (_all, begin: string, name: string, end: string) => {
      const write = written[name];
      if (write === undefined) throw new Error(`nothing is called ${name}`);
      return `${begin}\n\n${write()}\n\n${end}`;
    }),
    plots: new Map(drawn.map(({ name, plot }) => [`${name}.svg`, svgOf(plot)])),
  };
}

function machineText({ machine, parts }: FiguresOfScale): string {
  const { cores, memoryGiB, node } = machine;
  const seconds = Object.values(parts).reduce((sum, part) => sum + part.seconds, 0);
  const small = PART_NAMES.filter((name) => parts[name]?.isSmall === true);
  const missing = PART_NAMES.filter((name) => parts[name] === undefined);
  return [
    `Everything ran on one machine: ${cores} cores, ${memoryGiB} GiB of memory, Node ${node}. It took ${Math.round(seconds / 60)} minutes.`,
    ...(small.length === 0
      ? []
      : [
          `**From small runs, which show that the measurement works and nothing about speed: ${small.join(', ')}.**`,
        ]),
    ...(missing.length === 0 ? [] : [`Not measured: ${missing.join(', ')}.`]),
  ].join('\n\n');
}

function partText(
  { parts }: FiguresOfScale,
  name: PartName,
  plots: readonly { readonly name: string; readonly title: string }[],
): string {
  const measured = parts[name];
  if (measured === undefined) return 'Not measured.';
  const tables = Object.entries(measured.tables).map(([title, rows]) => `_${title}_\n\n${tableOf(rows)}`);
  return [
    ...(measured.isSmall ? ['**A small run: these figures say nothing about speed.**'] : []),
    ...tables,
    ...plots.map((plot) => `![${plot.title}](images/scaling/${plot.name}.svg)`),
  ].join('\n\n');
}
