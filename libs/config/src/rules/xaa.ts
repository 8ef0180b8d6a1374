import { strategiesOf, type Rule } from './rule.js';
import { idTokenFindings } from './token-exchange.js';

/** Whose id_token is shown is said, and its provider issues them. */
export const xaa: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) => {
    if (value.type !== 'xaa' || model.authServer === undefined) return [];
    const place = [...path, 'xaa', 'subjectProviderName'];
    if (value.subjectProviderName !== '') return idTokenFindings(model, value.subjectProviderName, place);
    const names = model.authServer.upstreamProviders.map(({ name }) => name);
    return names.length === 0
      ? []
      : [
          {
            path: place,
            related: [['authServer', 'upstreamProviders']],
            message: `There are several providers: say whose id_token is shown. Known: ${names.join(', ')}.`,
          },
        ];
  });
