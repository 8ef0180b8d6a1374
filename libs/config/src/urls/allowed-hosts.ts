import {
  hostMatches,
  isTrustedHostPattern,
  listedHost,
  usualPortOf,
  withoutFinalDot,
} from './trusted-hosts.js';

/** Why a text is no entry of `allowedHosts`. @returns `undefined` for one that is. */
export function allowedHostProblem(pattern: string): string | undefined {
  if (!isTrustedHostPattern(pattern))
    return 'is not a lower-case host, host:port, or *.domain for every host below it.';
  return /^\*\.[^.]*$/.test(pattern) ? 'names a whole top-level domain.' : undefined;
}

/** Whether a token may go to a URL. An entry without a port allows every port of its host. */
export function isAllowedHost(patterns: readonly string[], { hostname, port, protocol }: URL): boolean {
  const asked = { name: withoutFinalDot(hostname), port: port === '' ? usualPortOf(protocol) : port };
  return patterns.some((pattern) => hostMatches(listedHost(pattern), asked));
}
