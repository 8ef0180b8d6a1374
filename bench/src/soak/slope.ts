import { linearSlope } from '../growth.js';

/** Samples that follow each other are alike. Their means over so many parts of the time are not, nearly. */
const BLOCKS = 20;
/** Of the standard error: 95 of 100 slopes are that near (Student's t with 18 degrees of freedom). */
const T = 2.1;

/** Least squares over means of blocks. */
export function slopeOf(points: readonly (readonly [hours: number, value: number])[]): {
  readonly perHour: number;
  readonly plusMinus: number;
} {
  const size = Math.max(1, Math.ceil(points.length / BLOCKS));
  const means: (readonly [number, number])[] = [];
  for (let from = 0; from + size <= points.length; from += size)
    means.push(meanOf(points.slice(from, from + size)));
  const perHour = linearSlope(means);
  const [meanX, meanY] = meanOf(means);
  const along = means.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const rest = means.reduce((sum, [x, y]) => sum + (y - meanY - perHour * (x - meanX)) ** 2, 0);
  const freedom = means.length - 2;
  const plusMinus =
    freedom < 1 || along === 0 ? Number.POSITIVE_INFINITY : T * Math.sqrt(rest / freedom / along);
  return { perHour, plusMinus };
}

function meanOf(points: readonly (readonly [number, number])[]): readonly [number, number] {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  return [mean(0), mean(1)];
}
