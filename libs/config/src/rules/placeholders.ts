import { isIssuedToken } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import { isPlaceholder } from '../urls/mistakes.js';
import { providersOf, strategiesOf, type Placed, type Rule } from './rule.js';

/** What a guide leaves to be filled in, where an id belongs: whoever is asked would know no such client. */
export const placeholders: Rule = (model) =>
  [...clientsOfProviders(model), ...fieldsOfStrategies(model)].flatMap(
    ({ value, path }): readonly Finding[] =>
      typeof value === 'string' && isPlaceholder(value)
        ? [{ path, message: `${value} is a placeholder: write what it stands for.` }]
        : [],
  );

const clientsOfProviders: (...model: Parameters<Rule>) => readonly Placed<unknown>[] = (model) =>
  providersOf(model).map(({ value, block }) => ({ value: value.clientId, path: [...block, 'clientId'] }));

const fieldsOfStrategies: (...model: Parameters<Rule>) => readonly Placed<unknown>[] = (model) =>
  strategiesOf(model).flatMap(({ value, path }) =>
    isIssuedToken(value)
      ? [
          {
            value: 'clientId' in value ? value.clientId : undefined,
            path: [...path, value.type, 'clientId'],
          },
          {
            value: 'audience' in value ? value.audience : undefined,
            path: [...path, value.type, 'audience'],
          },
        ]
      : [],
  );
