import { MAX_SECRET_LABEL_LENGTH } from '../model/bounds.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { OutgoingStrategy } from '../model/outgoing-auth.js';
import type { UserHeader, UserSecret } from '../model/user-secret.js';
import type { Finding } from '../findings/problems.js';
import { isHttps, isLocalhost } from '../urls/hosts.js';
import { isReservedHeader } from './header-injection.js';
import { namesIn, strategiesOf, type Placed, type Rule } from './rule.js';

/** People can enter the secrets of backends somewhere, and know which one is meant. */
export const userSecrets: Rule = (model) => {
  const placed = strategiesOf(model).flatMap(({ value, path }) =>
    isUserHeader(value) ? [{ value, path: [...path, 'headerInjection'] }] : [],
  );
  return placed.flatMap((one, index) => [
    ...ownFindings(model, one),
    ...differences(one, placed.slice(0, index)),
  ]);
};

const isUserHeader = (strategy: OutgoingStrategy<ConfiguredSecret>): strategy is UserHeader =>
  strategy.type === 'userHeader';

function ownFindings(
  { authServer }: GatehouseModel,
  { value, path }: Placed<UserHeader>,
): readonly Finding[] {
  const { header, secret } = value;
  const place = [...path, 'perUser'];
  const names = (authServer?.upstreamProviders ?? []).map(({ name }) => name);
  const findings: Finding[] = [];
  if (isReservedHeader(header.headerName) || header.headerName.toLowerCase() === 'cookie')
    findings.push({
      path: [...path, 'headerName'],
      message: `${header.headerName} belongs to HTTP or MCP and cannot hold a secret.`,
    });
  if (authServer === undefined)
    findings.push({
      path: place,
      related: [['authServer']],
      message:
        'perUser needs authServer: without it nobody signs in, and there is no page to enter a secret.',
    });
  if (names.includes(secret.name))
    findings.push({
      path: [...place, 'name'],
      related: namesIn(['authServer', 'upstreamProviders'], names.length),
      message: `${secret.name} is the name of a provider already.`,
      instead: `${secret.name}-key`,
    });
  if (secret.label.length > MAX_SECRET_LABEL_LENGTH)
    findings.push({
      path: [...place, 'label'],
      message: `This is longer than ${MAX_SECRET_LABEL_LENGTH} characters.`,
    });
  if (secret.help !== undefined && !isHttps(secret.help) && !isLocalhost(secret.help))
    findings.push({
      path: [...place, 'help'],
      message: 'People follow this link to get a secret: it is https.',
    });
  return findings;
}

/** One name is one secret, and one text for people. */
function differences(
  { value: { secret }, path }: Placed<UserHeader>,
  before: readonly Placed<UserHeader>[],
): readonly Finding[] {
  const first = before.find(({ value }) => value.secret.name === secret.name);
  if (first === undefined) return [];
  return (['label', 'help'] as const satisfies readonly (keyof UserSecret)[])
    .filter((field) => first.value.secret[field] !== secret[field])
    .map((field) => ({
      path: [...path, 'perUser', field],
      related: [[...first.path, 'perUser']],
      message: `The secret ${secret.name} has another ${field} at ${String(first.path.at(-2))}.`,
    }));
}
