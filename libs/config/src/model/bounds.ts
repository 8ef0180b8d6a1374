import { parseDurationMs } from '@gatehouse/kernel/durations';
import { parseSizeBytes } from '@gatehouse/kernel/sizes';

/** The least and the most that a field may say, as they are written: for the rule, its message and the documentation. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Such as `5s to 24h`. */
  readonly text: string;
}

const bounds =
  (parse: (text: string) => number | undefined) =>
  (least: string, most: string): Bounds => {
    const [min, max] = [parse(least), parse(most)];
    if (min === undefined || max === undefined) throw new Error(`${least} or ${most} cannot be read.`);
    return { min, max, text: `${least} to ${most}` };
  };

const durations = bounds(parseDurationMs);
const sizes = bounds(parseSizeBytes);

/** In milliseconds. */
export const DURATION_BOUNDS = {
  accessToken: durations('5s', '24h'),
  refreshToken: durations('1m', '365d'),
  authCode: durations('5s', '10m'),
  delegatedToken: durations('5s', '1h'),
  assertion: durations('10s', '15m'),
  clockTolerance: durations('0s', '2m'),
  deviceCode: durations('1m', '30m'),
  session: durations('5m', '365d'),
  unusedClient: durations('1h', '365d'),
  signingKey: durations('1d', '3650d'),
  start: durations('0s', '10m'),
  shutdownDelay: durations('0s', '1m'),
  shutdown: durations('1s', '10m'),
  call: durations('100ms', '10m'),
  callWithProgress: durations('100ms', '24h'),
  streamKeepAlive: durations('1s', '5m'),
  keepStream: durations('1s', '10m'),
  /** What AWS STS takes. */
  awsSession: durations('15m', '12h'),
  cacheSkew: durations('0s', '10m'),
  providerRequest: durations('100ms', '30s'),
  idleProgram: durations('10s', '24h'),
  programStart: durations('1s', '5m'),
  healthCheckInterval: durations('1s', '1h'),
  healthCheck: durations('100ms', '1m'),
  circuit: durations('1s', '10m'),
  refill: durations('1s', '24h'),
} as const;

/** In bytes. */
export const SIZE_BOUNDS = {
  request: sizes('16KiB', '64MiB'),
  requestPerPerson: sizes('16KiB', '1024MiB'),
  answerPerPerson: sizes('64MiB', '4096MiB'),
  /** What is kept has to fit into one message of the bus. */
  keptStream: sizes('1KiB', '256KiB'),
} as const;

/** Of what runs at once at one backend. */
export const AT_ONCE_BOUNDS: Bounds = { min: 1, max: 10_000, text: '1 to 10000' };

/** Of calls that a limit lets through at once. */
export const TOKEN_BOUNDS: Bounds = { min: 1, max: 1_000_000, text: '1 to 1000000' };

/** Of processes behind one port. */
export const WORKER_BOUNDS: Bounds = { min: 1, max: 64, text: '1 to 64' };

/** Of programs that run at once for one backend. */
export const PROCESS_BOUNDS: Bounds = { min: 1, max: 4_096, text: '1 to 4096' };

/** Of what has to happen in a row. */
export const FAILURE_THRESHOLD_BOUNDS: Bounds = { min: 1, max: 100, text: '1 to 100' };

/** Of tools of one backend that have a name of their own in metrics. */
export const TOOL_LABEL_BOUNDS: Bounds = { min: 1, max: 1_000, text: '1 to 1000' };

/** Of streams of one session; with none, nothing can be resumed. */
export const STREAMS_PER_SESSION_BOUNDS: Bounds = { min: 0, max: 256, text: '0 to 256' };

/** In characters, of the names of tools and prompts. No client takes more than the most. */
export const NAME_LENGTH_BOUNDS: Bounds = { min: 32, max: 128, text: '32 to 128' };
/** Hosts of models refuse longer ones. */
export const MAX_NAME_LENGTH_OF_HOSTS = 64;

/** Of callers, for one backend. */
export const MAX_PASSTHROUGH_HEADERS = 32;

/** Of what people call a secret, in characters. */
export const MAX_SECRET_LABEL_LENGTH = 100;

export const MAX_AUTHORIZATION_PARAMS = 16;
