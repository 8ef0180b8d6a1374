import type { Rule } from './rule.js';

export const primaryProvider: Rule = ({ authServer }) => {
  const index =
    authServer?.upstreamProviders.findIndex(({ name }) => name === authServer.primaryUpstreamProvider) ?? -1;
  const primary = authServer?.upstreamProviders[index];
  if (primary === undefined || primary.requirement === 'required') return [];
  return [
    {
      path: ['authServer', 'upstreamProviders', index, 'requirement'],
      related: [['authServer', 'primaryUpstreamProvider']],
      message: `${primary.name} decides who the person is, so every sign-in must visit it.`,
      instead: 'requirement: required',
    },
  ];
};
