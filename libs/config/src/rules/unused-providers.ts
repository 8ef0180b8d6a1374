import { providersOf as providersIn } from '../model/token-subject.js';
import { providersOf, strategiesOf, type Rule } from './rule.js';

/** Everybody signs in at a required provider, so somebody should have a use for what it gives. */
export const unusedProviders: Rule = (model) => {
  const used = new Set<unknown>(strategiesOf(model).flatMap(({ value }) => providersIn(value)));
  return providersOf(model).flatMap(({ value: { name, requirement }, path }) =>
    requirement !== 'required' || name === model.authServer?.primaryUpstreamProvider || used.has(name)
      ? []
      : [
          {
            path: [...path, 'name'],
            message: `Everybody has to sign in at ${name}, and no strategy uses what it gives.`,
            instead: `providerName: ${name} in the strategy of a backend, requirement: onDemand, or no such provider`,
          },
        ],
  );
};
