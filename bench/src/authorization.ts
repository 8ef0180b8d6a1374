import { performance } from 'node:perf_hooks';
import { Log } from '@gatehouse/observability/log';
import { RawJson, RawObject } from '@gatehouse/vmcp-proxy/dist/json/raw-json.js';
import { CallPolicy } from '@gatehouse/vmcp-proxy/dist/authorization/call-policy.js';
import type { Thing } from '@gatehouse/vmcp-proxy/dist/authorization/things.js';
import { principalKey, type Principal } from '@gatehouse/vmcp-proxy/dist/incoming-auth/principal.js';

/** What policies cost a call and a list: the decision alone, without what leads to it. */
const POLICIES = `
  permit(principal in Group::"eng", action, resource);
  permit(principal, action == Action::"call_tool", resource) when { resource has readOnlyHint && resource.readOnlyHint };
  permit(principal, action == Action::"call_tool", resource == Tool::"b0_pay") when { context.arg_amount < 100 };
  forbid(principal, action == Action::"call_tool", resource == Tool::"b0_delete") unless { principal in Group::"ops" };
`;
/** Every tool is another one for these. */
const BY_NAME = `${POLICIES} permit(principal, action, resource) when { resource.name like "tool1*" };`;
const TOOLS = 1_000;
const BACKENDS = 10;

const policyOf = (text: string): CallPolicy =>
  new CallPolicy(
    {
      sources: [{ path: [], text }],
      groupClaims: ['groups'],
      groupClaimFallbacks: [],
      groupEntityType: 'Group',
    },
    {
      name: 'bench',
      aggregation: {
        conflictResolution: 'prefix',
        conflictResolutionConfig: { prefixFormat: '{workload}_', priorityOrder: [] },
        maxNameLength: 128,
        excludeAllTools: false,
        defaultToolVisibility: 'allow',
        tools: [],
        prompts: [],
        resources: [],
      },
    },
    new Log('bench'),
  );

const principalOf = (subject: string): Principal => ({
  issuer: 'https://issuer.example',
  subject,
  clientId: 'client',
  scopes: new Set(['openid']),
  claims: { groups: ['support', 'staff'] },
  key: principalKey('https://issuer.example', subject, undefined),
});

const thing = (index: number, original = `tool${String(index)}`): Thing => ({
  action: 'call_tool',
  backend: `b${String(index % BACKENDS)}`,
  original,
  definition: { name: original, annotations: { readOnlyHint: index % 3 === 0 } },
  place: '',
});
const TOOL_LIST = Array.from({ length: TOOLS }, (_, index) => thing(index));
const ARGUMENTS =
  RawJson.read(Buffer.from('{"arguments":{"amount":5,"to":"somebody"}}')).object() ?? RawObject.EMPTY;

const ONE = principalOf('one');
const loadedAtMs = performance.now();
const policy = policyOf(POLICIES);
const loadedMs = performance.now() - loadedAtMs;
const byName = policyOf(BY_NAME);

console.table({
  'loading the engine and the policies, ms': round(loadedMs),
  'a call that was decided before, µs': microsOf(10_000, () => policy.decide(ONE, thing(3), ARGUMENTS)),
  'a call whose arguments decide, µs': microsOf(1_000, () => policy.decide(ONE, thing(10, 'pay'), ARGUMENTS)),
  [`a list of ${String(TOOLS)} tools, the first time, ms`]: listMs(policy, 'first'),
  [`the same for another person of the same groups, ms`]: listMs(policy, 'second'),
  [`a list of ${String(TOOLS)} tools that policies tell apart by name, the first time, ms`]: listMs(
    byName,
    'first',
  ),
  [`the same again, ms`]: listMs(byName, 'first'),
});

function listMs(of: CallPolicy, subject: string): number {
  const principal = principalOf(subject);
  const startMs = performance.now();
  for (const tool of TOOL_LIST) of.mayBe(principal, tool);
  return round(performance.now() - startMs);
}

function microsOf(times: number, run: () => unknown): number {
  for (let index = 0; index < 100; index += 1) run();
  const startMs = performance.now();
  for (let index = 0; index < times; index += 1) run();
  return round(((performance.now() - startMs) * 1_000) / times);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
