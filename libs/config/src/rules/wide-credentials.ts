import { isLocalhost } from '../urls/hosts.js';
import { strategiesOf, type Rule } from './rule.js';

/** A credential that more backends, or more people, get than somebody who writes it may see. */
export const wideCredentials: Rule = (model) => [...ofDefault(model), ...ofAnonymous(model)];

const ofDefault: Rule = ({ outgoingAuth, backends }) => {
  const { type } = outgoingAuth.default;
  if (type === 'unauthenticated') return [];
  const without = backends.filter(({ name }) => !outgoingAuth.backends.has(name));
  const hosts = new Set(without.map(({ url }) => URL.parse(url)?.host));
  return hosts.size < 2
    ? []
    : [
        {
          path: ['outgoingAuth', 'default'],
          message: `The default gives one credential to ${without.length} backends on ${hosts.size} hosts, and to every backend that is added: each of them could use it at the others.`,
          instead: 'type: unauthenticated, and a strategy for each backend under outgoingAuth.backends',
        },
      ];
};

const ofAnonymous: Rule = (model) => {
  const { incomingAuth, publicUrl } = model;
  if (incomingAuth.type !== 'anonymous' || isLocalhost(publicUrl)) return [];
  const withCredential = strategiesOf(model).find(({ value }) => value.type === 'headerInjection');
  return [
    {
      path: ['incomingAuth', 'type'],
      message:
        withCredential === undefined
          ? 'Everybody who reaches publicUrl can call every backend: anonymous is for development.'
          : 'Everybody who reaches publicUrl can call every backend, with the credential that is configured: anonymous is for development.',
      instead: 'type: oidc, or leave incomingAuth out and configure authServer',
    },
  ];
};
