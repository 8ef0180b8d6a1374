import type { AwsSts, RoleMapping } from '../model/aws-sts.js';
import { DURATION_BOUNDS } from '../model/bounds.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { strategyOf } from '../model/outgoing-auth.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { matcherProblem } from '../policies/claim-matchers.js';
import { MAX_ROLE_MAPPINGS } from '../yaml/aws-sts-fields.js';
import { strategiesOf, type Rule } from './rule.js';
import { within } from './time-bounds.js';
import { idTokenFindings } from './token-exchange.js';

/** Whose token is shown, for which role, and that there are requests to sign. */
export const awsSts: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) => {
    if (value.type !== 'awsSts') return [];
    const block = [...path, 'awsSts'];
    return [
      ...roleFindings(value, block),
      ...partitionFindings(value, block),
      ...regionFindings(model, value, block),
      ...within([...block, 'sessionDuration'], value.sessionDurationMs, DURATION_BOUNDS.awsSession),
      ...callerFindings(model, value, block),
      ...subjectFindings(model, value, [...block, 'subjectProviderName']),
      ...programFindings(model, value, path),
    ];
  });

function roleFindings({ roleMappings, fallbackRoleArn, roleClaim }: AwsSts<unknown>, block: Path): Finding[] {
  const place = [...block, 'roleMappings'];
  if (roleMappings.length === 0 && fallbackRoleArn === undefined)
    return [{ path: place, message: 'awsSts needs roleMappings, or a fallbackRoleArn for everybody.' }];
  if (roleMappings.length > MAX_ROLE_MAPPINGS)
    return [{ path: place, message: `These are more than ${MAX_ROLE_MAPPINGS} mappings.` }];
  const isUnused = roleClaim !== undefined && roleMappings.every(({ claim }) => claim === undefined);
  return [
    ...(isUnused
      ? [{ path: [...block, 'roleClaim'], message: 'roleClaim has no effect: no mapping looks at it.' }]
      : []),
    ...roleMappings.flatMap((mapping, index) => mappingFindings(mapping, [...place, index])),
    ...secondFindings(roleMappings, place),
  ];
}

const ARN = /^arn:(?<partition>aws[a-z-]*):/;

/** What begins the roles of a region. Of the closed partitions nothing is said. */
function partitionOf(region: string): string | undefined {
  if (region.includes('-iso')) return undefined;
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** AWS STS of one partition knows no roles of another one. */
function partitionFindings(
  { region, roleMappings, fallbackRoleArn = '' }: AwsSts<unknown>,
  block: Path,
): readonly Finding[] {
  const partition = partitionOf(region);
  const written = [
    { arn: fallbackRoleArn, path: [...block, 'fallbackRoleArn'] },
    ...roleMappings.map(({ roleArn }, index) => ({
      arn: roleArn,
      path: [...block, 'roleMappings', index, 'roleArn'],
    })),
  ];
  return written.flatMap(({ arn, path }) => {
    const own = ARN.exec(arn)?.groups?.['partition'];
    return partition === undefined || own === undefined || own === partition
      ? []
      : [
          {
            path,
            related: [[...block, 'region']],
            message: `This role is of the partition ${own}, and ${region} is in ${partition}.`,
            instead: arn.replace(ARN, `arn:${partition}:`),
          },
        ];
  });
}

/** Hosts of AWS say in which region they are. */
const REGIONAL = /\.(?<region>[a-z]{2}(?:-[a-z]+)+-\d{1,2})\.(?:api\.aws|amazonaws\.com(?:\.cn)?)$/;

const regionFindings = (
  { backends, outgoingAuth }: GatehouseModel,
  strategy: AwsSts<unknown>,
  block: Path,
): readonly Finding[] =>
  backends.flatMap(({ name, url, stdio }, index) => {
    if (stdio !== undefined || strategyOf(outgoingAuth, name) !== strategy) return [];
    const region = REGIONAL.exec(URL.parse(url)?.hostname ?? '')?.groups?.['region'];
    return region === undefined || region === strategy.region
      ? []
      : [
          {
            path: [...block, 'region'],
            related: [['backends', index, 'url']],
            message: `${name} is in ${region}: it refuses what is signed for ${strategy.region}.`,
            instead: region,
          },
        ];
  });

/** Whoever fits both gets one of the two roles, always the same. */
const secondFindings = (mappings: readonly RoleMapping[], place: Path): readonly Finding[] =>
  mappings.flatMap(({ claim }, index) => {
    const first = mappings.findIndex((one) => one.claim === claim);
    return claim === undefined || first === index
      ? []
      : [
          {
            path: [...place, index, 'claim'],
            related: [[...place, first, 'claim']],
            message: `${claim} is mapped twice: only one of the two roles is ever given.`,
          },
        ];
  });

function mappingFindings({ claim, matcher }: RoleMapping, place: Path): readonly Finding[] {
  if (matcher === undefined)
    return claim === undefined ? [{ path: place, message: 'A mapping needs a claim or a matcher.' }] : [];
  if (claim !== undefined)
    return [{ path: [...place, 'matcher'], message: 'A mapping has a claim or a matcher, not both.' }];
  // Its format is reported already.
  const message = matcher.trim() === '' ? undefined : matcherProblem(matcher);
  return message === undefined ? [] : [{ path: [...place, 'matcher'], message }];
}

/** With authServer nobody comes with a token of an external issuer. */
const callerFindings = (
  { authServer }: GatehouseModel,
  { subjectFromCaller }: AwsSts<unknown>,
  block: Path,
): readonly Finding[] =>
  authServer === undefined || subjectFromCaller === undefined
    ? []
    : [
        {
          path: [...block, 'subjectFromCaller'],
          related: [['authServer'], [...block, 'subjectProviderName']],
          message:
            'With authServer callers come with tokens of this gateway, and AWS is shown those of providers.',
          instead: 'subjectProviderName',
        },
      ];

function subjectFindings(
  model: GatehouseModel,
  { subjectProviderName, subjectTokenType, subjectFromCaller }: AwsSts<unknown>,
  place: Path,
): readonly Finding[] {
  if (model.authServer === undefined || subjectFromCaller === true) return [];
  if (subjectProviderName !== '')
    return subjectTokenType === 'id_token' ? idTokenFindings(model, subjectProviderName, place) : [];
  const names = model.authServer.upstreamProviders.map(({ name }) => name);
  return names.length === 0
    ? []
    : [
        {
          path: place,
          related: [['authServer', 'upstreamProviders']],
          message: `There are several providers: say whose token is shown. Known: ${names.join(', ')}.`,
        },
      ];
}

const programFindings = (
  { backends, outgoingAuth }: GatehouseModel,
  strategy: AwsSts<unknown>,
  path: Path,
): readonly Finding[] =>
  backends.flatMap((backend, index) =>
    backend.stdio !== undefined && strategyOf(outgoingAuth, backend.name) === strategy
      ? [
          {
            path: ['backends', index, 'stdio', 'command'],
            related: [path, ['backends', index]],
            message: 'A program is sent no requests of HTTP that awsSts could sign.',
          },
        ]
      : [],
  );
