import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    people: { type: 'string', default: '8' },
    stored: { type: 'string' },
    pace: { type: 'string', default: '250' },
    ttl: { type: 'string', default: '60' },
    renew: { type: 'string', default: '60' },
    logs: { type: 'string' },
    calm: { type: 'boolean', default: false },
  },
});

const minutes = Number(values.minutes);

export const OPTIONS = {
  minutes,
  /** Each has a client with a session and a client without. */
  people: Number(values.people),
  /** Connections of people who do nothing. */
  stored: Number(values.stored ?? (minutes >= 30 ? 100_000 : 0)),
  /** What a client waits for between two requests, on average. */
  paceMs: Number(values.pace),
  /** What the providers' access tokens live for. */
  ttlSeconds: Number(values.ttl),
  /** How often a person's clients get new tokens of the gateway, on average. They live for 5 minutes. */
  renewEveryMs: Number(values.renew) * 1_000,
  /** No faults: what a load costs, and what grows under it. */
  isCalm: values.calm,
  /** A folder for what the programs print. */
  logs: values.logs,
} as const;

/** For each request, and for each thing to come: more is silence. Longer than every time-out of the gateway's own. */
export const ANSWERED_WITHIN_MS = 60_000;
/**
 * Clients do not begin all at once: each has all lists of all backends read for its person, at each replica. 1,000 people in one moment
 * are two minutes of work for two cores, and two a second are three quarters of a core of the demonstration's one process.
 */
export const BEGIN_WITHIN_MS = Number(values.people) * 1_000;
/** Every client listens to them. Two clients a person, all of them hear 100 in a second at most, and each two while it asks once. */
export const UPDATE_EVERY_MS = Math.max(1_000, Number(values.people) * 20, Number(values.pace) / 2);
/** Before the first fault, and at the end for everything to become calm. */
export const WARM_UP_MS = Math.max(15_000, minutes * 3_000);
export const COOL_DOWN_MS = 15_000;
/** How long a call whose client is away goes on, and how soon everything has to be over when everybody has left. */
export const KEPT_FOR_MS = 20_000;
