/**
 * What the study predicts, and from what: demands on processors, which are measured, and the laws of queues. Nothing here
 * knows about Gatehouse.
 */

/** Something that does one thing at a time, or as many as it has servers. */
export interface Station {
  /** Time of one server for one call. */
  readonly demandMs: number;
  readonly servers?: number;
}

interface Prediction {
  readonly perSecond: number;
  readonly responseMs: number;
}

/**
 * A closed network: so many customers, each with one call at a time. Exact mean value analysis (Reiser and Lavenberg 1980);
 * a station with several servers is one that is as much faster, and a delay (Seidmann 1987).
 * @param delayMs what a call waits for beside the stations, nobody else in its way
 */
export function closedNetwork(stations: readonly Station[], delayMs: number, customers: number): Prediction {
  const queues = stations.map(({ demandMs, servers = 1 }) => ({ demandMs: demandMs / servers, length: 0 }));
  const always = stations.reduce(
    (sum, { demandMs, servers = 1 }) => sum + (demandMs * (servers - 1)) / servers,
    delayMs,
  );
  let [perMs, responseMs] = [0, 0];
  for (let count = 1; count <= customers; count += 1) {
    const waits = queues.map(({ demandMs, length }) => demandMs * (1 + length));
    responseMs = always + waits.reduce((sum, ms) => sum + ms, 0);
    perMs = count / responseMs;
    for (const [index, queue] of queues.entries()) queue.length = perMs * (waits[index] ?? 0);
  }
  return { perSecond: perMs * 1_000, responseMs };
}

/**
 * The universal scalability law (Gunther 1993) without its quadratic term: what every further one costs each of the others.
 * @param contention of one more; 0 is linear.
 */
export const scaled = (ofOne: number, count: number, contention: number): number =>
  (ofOne * count) / (1 + contention * (count - 1));

/** The contention that two points say: the work of one call with one, and with several. Less than none is none. */
export const contentionOf = (workWithOne: number, workWithMany: number, count: number): number =>
  Math.max(0, (workWithMany / workWithOne - 1) / (count - 1));

/**
 * The work of one call where what each turn of a process costs is shared by the calls that are at once. Two points say how much that is:
 * calls at once, and the work of one of them.
 */
export function sharedTurns(
  [few, workWithFew]: readonly [number, number],
  [many, workWithMany]: readonly [number, number],
): (calls: number) => number {
  const ofTurn = Math.max(0, (workWithFew - workWithMany) / (1 / few - 1 / many));
  return (calls) => workWithMany + ofTurn * (1 / calls - 1 / many);
}
