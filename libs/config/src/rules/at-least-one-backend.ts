import type { Rule } from './rule.js';

export const atLeastOneBackend: Rule = ({ backends }) =>
  backends.length > 0
    ? []
    : [
        {
          path: ['backends'],
          message: 'At least one backend is needed: a gateway to nothing has no tools.',
          instead: '- { name: github, url: https://api.githubcopilot.com/mcp }',
        },
      ];
