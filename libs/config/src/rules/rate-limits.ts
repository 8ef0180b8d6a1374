import { DURATION_BOUNDS } from '../model/bounds.js';
import type { Rule } from './rule.js';

/** Every limit has a name of its own and a time within bounds, and lists of what it is about are not empty. */
export const rateLimits: Rule = ({ rateLimiting: { limits } }) =>
  limits.flatMap(({ name, backends, tools, refillPeriodMs }, index) => {
    const path = ['rateLimiting', 'limits', index];
    const { min, max, text } = DURATION_BOUNDS.refill;
    return [
      ...(limits.findIndex((other) => other.name === name) < index
        ? [{ path: [...path, 'name'], message: `Two limits are named ${name}.` }]
        : []),
      ...(refillPeriodMs < min || refillPeriodMs > max
        ? [{ path: [...path, 'refillPeriod'], message: `This must be ${text}.` }]
        : []),
      ...(
        [
          ['backends', backends],
          ['tools', tools],
        ] as const
      ).flatMap(([field, written]) =>
        written?.length === 0
          ? [{ path: [...path, field], message: `There are no ${field}: this limit counts nothing.` }]
          : [],
      ),
    ];
  });
