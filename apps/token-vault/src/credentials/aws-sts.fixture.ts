import { awsSts } from '../testing/vault-config.js';

export const role = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;
const MAPPED = {
  roleMappings: [
    { claim: 'readers', roleArn: role('Reader') },
    { claim: 'admins', roleArn: role('Admin'), priority: 1 },
    { claim: 'writers', roleArn: role('Writer'), priority: 2 },
  ],
};

/** One for each way of choosing a role. */
export const awsBackends = (stsUrl: string): Record<string, ReturnType<typeof awsSts>> => ({
  everybody: awsSts(stsUrl, { fallbackRoleArn: role('Everybody') }),
  mapped: awsSts(stsUrl, MAPPED),
  fallback: awsSts(stsUrl, { ...MAPPED, fallbackRoleArn: role('Everybody') }),
  expressed: awsSts(stsUrl, {
    fallbackRoleArn: role('Everybody'),
    roleMappings: [
      { matcher: 'claims.email.matches("^(a+)+$")', roleArn: role('Slow') },
      { matcher: '"admins" in claims["groups"] && !("guests" in claims.groups)', roleArn: role('Admin') },
      {
        matcher: 'claims.level >= 3 || claims.team.exists(t, t.startsWith("ops-"))',
        roleArn: role('Ops'),
      },
      { matcher: 'claims.level', roleArn: role('NoTruth') },
    ],
  }),
  nested: awsSts(stsUrl, { ...MAPPED, roleClaim: 'realm.roles' }),
  named: awsSts(stsUrl, { fallbackRoleArn: role('Everybody'), sessionNameClaim: 'upn' }),
  opaque: awsSts(stsUrl, { fallbackRoleArn: role('Everybody'), subjectTokenType: 'access_token' }),
  away: awsSts('http://localhost:9/', { fallbackRoleArn: role('Everybody') }),
});
