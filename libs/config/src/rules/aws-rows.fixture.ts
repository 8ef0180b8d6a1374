import { EXTERNAL, type Row } from './row.fixture.js';

const OWN = 'outgoingAuth.backends.status';
const AWS = `${OWN}.awsSts`;
const READER = 'arn:aws:iam::111122223333:role/Reader';
const SIGNED = { region: 'eu-central-1', fallbackRoleArn: READER, subjectProviderName: 'acme-sso' };
const aws = (fields: object = {}) => ({
  [OWN]: { type: 'awsSts', awsSts: JSON.parse(JSON.stringify({ ...SIGNED, ...fields })) as object },
});
const MAPPED = [{ claim: 'readers', roleArn: READER }];

/** Requests that are signed with temporary credentials of AWS. */
export const AWS_ROWS: readonly Row[] = [
  [
    'a zone in the place of its region',
    aws({ region: 'us-east-1a' }),
    `${AWS}.region`,
    /no|not a region/,
    'us-east-1',
  ],
  [
    'a region without its second hyphen',
    aws({ region: 'us-east1' }),
    `${AWS}.region`,
    /not a region/,
    'us-east-1',
  ],
  [
    'a role of another partition than its region',
    aws({ region: 'cn-north-1' }),
    `${AWS}.fallbackRoleArn`,
    /cn-north-1 is in aws-cn/,
    READER.replace('arn:aws:', 'arn:aws-cn:'),
  ],
  [
    'a mapped role of the government’s partition in a region that is open to all',
    aws({ roleMappings: [{ claim: 'readers', roleArn: READER.replace('arn:aws:', 'arn:aws-us-gov:') }] }),
    `${AWS}.roleMappings[0].roleArn`,
    /of the partition aws-us-gov/,
  ],
  [
    'one group with two roles',
    aws({ roleMappings: [...MAPPED, { claim: 'readers', roleArn: `${READER}2`, priority: 1 }] }),
    `${AWS}.roleMappings[1].claim`,
    /mapped twice/,
  ],
  [
    'requests that are signed for another region than the backend’s',
    { ...aws(), 'backends.3.url': 'https://aws-mcp.us-east-1.api.aws/mcp' },
    `${AWS}.region`,
    /status is in us-east-1/,
    'us-east-1',
  ],
  [
    'the caller’s token for AWS, where it is one of this gateway',
    aws({ subjectProviderName: undefined, subjectFromCaller: true }),
    `${AWS}.subjectFromCaller`,
    /tokens of this gateway/,
    'subjectProviderName',
  ],
  [
    'awsSts for callers of an external issuer that names no token',
    { ...EXTERNAL, ...aws({ subjectProviderName: undefined }) },
    `${AWS}.subjectProviderName`,
    /needs authServer/,
    /subjectFromCaller: true/,
  ],
  ['awsSts without its block', { [OWN]: { type: 'awsSts' } }, `${OWN}.awsSts`],
  ['awsSts without a region', aws({ region: undefined }), `${AWS}.region`],
  ['a region that is a URL', aws({ region: 'https://eu-central-1' }), `${AWS}.region`],
  [
    'a service with a slash, which would be another scope',
    aws({ service: 'sts/aws4_request' }),
    `${AWS}.service`,
  ],
  [
    'awsSts with no role for anybody',
    aws({ fallbackRoleArn: undefined }),
    `${AWS}.roleMappings`,
    /fallbackRoleArn/,
  ],
  [
    'a role that is a user',
    aws({ fallbackRoleArn: 'arn:aws:iam::111122223333:user/bob' }),
    `${AWS}.fallbackRoleArn`,
  ],
  [
    'a mapped role that is no ARN',
    aws({ roleMappings: [{ claim: 'readers', roleArn: 'Reader' }] }),
    `${AWS}.roleMappings[0].roleArn`,
    /arn:aws:iam/,
  ],
  [
    'a mapping of nobody',
    aws({ roleMappings: [{ roleArn: READER }] }),
    `${AWS}.roleMappings[0]`,
    /a claim or a matcher/,
  ],
  [
    'a mapping by a claim and an expression',
    aws({ roleMappings: [{ ...MAPPED[0], matcher: 'claims.admin' }] }),
    `${AWS}.roleMappings[0].matcher`,
    /not both/,
  ],
  [
    'an expression that ends in the middle',
    aws({ roleMappings: [{ matcher: '"admins" in', roleArn: READER }] }),
    `${AWS}.roleMappings[0].matcher`,
    /no expression in CEL: at 1/,
  ],
  [
    'an expression that forgets where claims are',
    aws({ roleMappings: [{ matcher: '"admins" in groups', roleArn: READER }] }),
    `${AWS}.roleMappings[0].matcher`,
    /groups is unknown.*claims\.groups/,
  ],
  [
    'an expression with a function that is none',
    aws({ roleMappings: [{ matcher: 'claims.email.endswith("@acme.example")', roleArn: READER }] }),
    `${AWS}.roleMappings[0].matcher`,
    /no function endswith/,
  ],
  [
    'an expression that calls a method as a function',
    aws({ roleMappings: [{ matcher: 'startsWith(claims.sub, "ext-")', roleArn: READER }] }),
    `${AWS}.roleMappings[0].matcher`,
    /no such call of startsWith/,
  ],
  [
    'an expression with a pattern that is none of RE2',
    aws({ roleMappings: [{ matcher: 'claims.email.matches("^(?!ext-).*$")', roleArn: READER }] }),
    `${AWS}.roleMappings[0].matcher`,
    /none of RE2/,
  ],
  [
    'an expression of nothing',
    aws({ roleMappings: [{ matcher: ' ', roleArn: READER }] }),
    `${AWS}.roleMappings[0].matcher`,
    /empty/,
  ],
  [
    'an expression that is a tower of brackets',
    aws({ roleMappings: [{ matcher: `${'('.repeat(2_000)}true${')'.repeat(2_000)}`, roleArn: READER }] }),
    `${AWS}.roleMappings[0].matcher`,
  ],
  [
    'a priority below zero',
    aws({ roleMappings: [{ ...MAPPED[0], priority: -1 }] }),
    `${AWS}.roleMappings[0].priority`,
  ],
  [
    'more mappings than are looked through',
    aws({
      roleMappings: Array.from({ length: 101 }, (_, index) => ({ claim: `g${index}`, roleArn: READER })),
    }),
    `${AWS}.roleMappings`,
    /more than 100/,
  ],
  ['a claim that no mapping looks at', aws({ roleClaim: 'roles' }), `${AWS}.roleClaim`, /no effect/],
  ['a session of ten minutes', aws({ sessionDuration: '10m' }), `${AWS}.sessionDuration`, /15m to 12h/],
  ['a session of a day', aws({ sessionDuration: '24h' }), `${AWS}.sessionDuration`, /15m to 12h/],
  ['a duration in seconds', aws({ sessionDuration: 3_600 }), `${AWS}.sessionDuration`],
  ['STS over http', aws({ stsUrl: 'http://sts.acme.example/' }), `${AWS}.stsUrl`, /http is refused/],
  ['STS at a private address', aws({ stsUrl: 'https://10.0.0.1/' }), `${AWS}.stsUrl`, /private or loopback/],
  [
    'awsSts that does not say whose token is shown',
    aws({ subjectProviderName: undefined }),
    `${AWS}.subjectProviderName`,
    /several providers.*acme-sso, octo/,
  ],
  [
    'awsSts with a provider that does not exist',
    aws({ subjectProviderName: 'acme' }),
    `${AWS}.subjectProviderName`,
    /Known: acme-sso, octo/,
  ],
  [
    'awsSts with a provider that issues no id_token',
    aws({ subjectProviderName: 'octo' }),
    `${AWS}.subjectProviderName`,
    /issues no id_token/,
  ],
  ['another token than AWS takes', aws({ subjectTokenType: 'refresh_token' }), `${AWS}.subjectTokenType`],
  [
    'a header where requests are signed',
    aws({ headerName: 'X-Token' }),
    `${AWS}.headerName`,
    /Unknown field/,
  ],
  ['hosts among which the backend is not', aws({ allowedHosts: ['*.amazonaws.com'] }), `${AWS}.allowedHosts`],
  [
    'awsSts without authServer',
    { ...EXTERNAL, 'outgoingAuth.backends': { status: { type: 'awsSts', awsSts: SIGNED } } },
    `${AWS}.subjectProviderName`,
    /needs authServer/,
  ],
];
