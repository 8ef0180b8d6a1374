import type { Rule } from './rule.js';

/** A limit per person above the limit for all has no effect. */
export const backendLimits: Rule = ({ backends }) =>
  backends.flatMap(({ limits }, index) =>
    (['calls', 'streams'] as const)
      .filter((kind) => limits[`${kind}PerPerson`] > limits[kind])
      .map((kind) => ({
        path: ['backends', index, 'limits', `${kind}PerPerson`],
        related: [['backends', index, 'limits', kind]],
        message: `One person cannot have more ${kind} than there are. Lower this, or raise ${kind}.`,
      })),
  );
