import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { strategyOf } from '../model/outgoing-auth.js';
import { canonicalUrl } from '../urls/canonical-url.js';
import { secretParameterOf } from '../urls/mistakes.js';
import type { Rule } from './rule.js';

/** URLs of backends that are allowed and seldom meant. */
export const backendUrls: Rule = (model) =>
  model.backends.flatMap(({ name, url, stdio, transport }, index) => {
    const parsed = URL.parse(url);
    if (stdio !== undefined || parsed === null) return [];
    const path = ['backends', index, 'url'];
    const { pathname } = parsed;
    const findings: Finding[] = [];
    if (pathname === '/' && transport === 'streamable-http')
      findings.push({
        path,
        message: 'This URL has no path, and most MCP servers are not at the root of their host.',
        instead: `${parsed.origin}/mcp, if the server says nothing else`,
      });
    if (/\/sse\/?$/.test(pathname) && transport === 'streamable-http')
      findings.push({
        path,
        message: 'A URL that ends in /sse is usually that of HTTP with SSE (MCP 2024-11-05).',
        instead: 'transport: sse beside it, or the URL of Streamable HTTP (often /mcp)',
      });
    if (/\/mcp\/?$/.test(pathname) && transport === 'sse')
      findings.push({
        path: ['backends', index, 'transport'],
        message: 'A URL that ends in /mcp is usually that of Streamable HTTP.',
        instead: 'no transport',
      });
    const parameter = secretParameterOf(url);
    if (parameter !== undefined)
      findings.push({
        path,
        message: `The parameter ${parameter} seems to hold a secret: URLs are in logs, and this file is read by everybody who deploys it.`,
        instead: `the URL without it, and outgoingAuth.backends.${name} of type headerInjection, if the server takes a header`,
      });
    return [...findings, ...sameAsBefore(model, index, path)];
  });

/** Two entries for one server are of use when they carry different credentials. */
function sameAsBefore(model: Parameters<Rule>[0], index: number, path: Path): readonly Finding[] {
  const own = model.backends[index];
  const strategy = (name: string): string => JSON.stringify(strategyOf(model.outgoingAuth, name));
  const first = model.backends
    .slice(0, index)
    .find(
      (other) =>
        own !== undefined &&
        canonicalUrl(other.url) === canonicalUrl(own.url) &&
        strategy(other.name) === strategy(own.name),
    );
  return first === undefined
    ? []
    : [
        {
          path,
          message: `${first.name} is at this URL, too, with the same credential: each of its tools is listed twice.`,
        },
      ];
}
