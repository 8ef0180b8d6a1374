/** One line of a plot. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** A prediction: dashed. */
  readonly isModel?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Otherwise linear, from 0. */
  readonly isXLogarithmic?: boolean;
  readonly isYLogarithmic?: boolean;
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 400;
const PLACE = { left: 84, right: 24, top: 52, bottom: 84 };
/** Each can be read on white and on nearly black. */
const STYLE = `
  .ground { fill: #ffffff; } .words { fill: #24292f; } .grid { stroke: #d0d7de; }
  .s0 { stroke: #0969da; fill: #0969da; } .s1 { stroke: #bc4c00; fill: #bc4c00; }
  .s2 { stroke: #1a7f37; fill: #1a7f37; } .s3 { stroke: #8250df; fill: #8250df; }
  .line { fill: none; stroke-width: 2; } .model { stroke-dasharray: 6 4; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .words { fill: #e6edf3; } .grid { stroke: #30363d; }
    .s0 { stroke: #58a6ff; fill: #58a6ff; } .s1 { stroke: #ff9b5e; fill: #ff9b5e; }
    .s2 { stroke: #56d364; fill: #56d364; } .s3 { stroke: #d2a8ff; fill: #d2a8ff; }
    .line { fill: none; }
  }
`;
const COLOURS = 4;

interface Axis {
  readonly ticks: readonly number[];
  /** From 0 to 1. */
  readonly shareOf: (value: number) => number;
}

/** The plot as an SVG that stands alone. The same figures give the same bytes. */
export function svgOf(plot: Plot): string {
  const points = plot.series.flatMap((one) => one.points);
  const x = axisOf(
    points.map(([value]) => value),
    plot.isXLogarithmic === true,
  );
  const y = axisOf(
    points.map(([, value]) => value),
    plot.isYLogarithmic === true,
  );
  const xAt = (value: number): string =>
    (PLACE.left + x.shareOf(value) * (WIDTH - PLACE.left - PLACE.right)).toFixed(1);
  const yAt = (value: number): string =>
    (HEIGHT - PLACE.bottom - y.shareOf(value) * (HEIGHT - PLACE.top - PLACE.bottom)).toFixed(1);
  const parts = [
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}" />`,
    words(WIDTH / 2, 28, plot.title, 'middle', ' font-size="16" font-weight="600"'),
    ...y.ticks.map((tick) => line(`${PLACE.left}`, yAt(tick), `${WIDTH - PLACE.right}`, yAt(tick))),
    ...y.ticks.map((tick) => words(PLACE.left - 8, Number(yAt(tick)) + 4, numberWords(tick), 'end')),
    ...x.ticks.map((tick) =>
      words(Number(xAt(tick)), HEIGHT - PLACE.bottom + 20, numberWords(tick), 'middle'),
    ),
    words(PLACE.left + (WIDTH - PLACE.left - PLACE.right) / 2, HEIGHT - PLACE.bottom + 42, plot.x, 'middle'),
    `<text class="words" transform="translate(20 ${PLACE.top + (HEIGHT - PLACE.top - PLACE.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(plot.y)}</text>`,
    ...plot.series.flatMap((one, index) => drawn(one, index, xAt, yAt)),
    ...legend(plot.series),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="${escaped(plot.title)}">
<style>${STYLE}</style>
${parts.join('\n')}
</svg>
`;
}

function drawn(
  { points, isModel = false }: Series,
  index: number,
  xAt: (value: number) => string,
  yAt: (value: number) => string,
): readonly string[] {
  const colour = `s${index % COLOURS}`;
  const path = points.map(([x, y]) => `${xAt(x)},${yAt(y)}`).join(' ');
  return [
    `<polyline class="${colour} line${isModel ? ' model' : ''}" style="fill: none" points="${path}" />`,
    ...(isModel
      ? []
      : points.map(([x, y]) => `<circle class="${colour}" cx="${xAt(x)}" cy="${yAt(y)}" r="3.5" />`)),
  ];
}

function legend(series: readonly Series[]): readonly string[] {
  const each = (WIDTH - PLACE.left - PLACE.right) / Math.max(1, series.length);
  return series.flatMap(({ name, isModel = false }, index) => {
    const at = PLACE.left + index * each;
    const dashes = isModel ? ' model' : '';
    return [
      `<line class="s${index % COLOURS} line${dashes}" x1="${at.toFixed(1)}" y1="${HEIGHT - 18}" x2="${(at + 24).toFixed(1)}" y2="${HEIGHT - 18}" />`,
      words(at + 30, HEIGHT - 14, name, 'start'),
    ];
  });
}

const line = (x1: string, y1: string, x2: string, y2: string): string =>
  `<line class="grid" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" />`;

const words = (x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end', more = ''): string =>
  `<text class="words" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${more}>${escaped(text)}</text>`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const numberWords = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 3 });

const axisOf = (values: readonly number[], isLogarithmic: boolean): Axis =>
  isLogarithmic ? logarithmic(values.filter((value) => value > 0)) : linear(values);

function logarithmic(values: readonly number[]): Axis {
  const first = Math.floor(Math.log10(Math.min(...values, 1e9)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values, 1e-9))));
  const [from, to] = values.length === 0 ? [0, 1] : [first, last];
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  return { ticks, shareOf: (value) => (Math.log10(Math.max(value, 10 ** from)) - from) / (to - from) };
}

const STEPS = [1, 2, 5, 10];
const WANTED_TICKS = 5;

function linear(values: readonly number[]): Axis {
  const most = Math.max(...values, 0) || 1;
  const rough = most / WANTED_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((one) => one * power >= rough) ?? 10);
  const count = Math.ceil(most / step);
  return {
    ticks: Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6))),
    shareOf: (value) => value / (count * step),
  };
}
