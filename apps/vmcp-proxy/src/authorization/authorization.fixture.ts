import type { CallPolicies } from '@gatehouse/config/model/call-policies';
import { startTestNats } from '@gatehouse/testing/nats';
import { expect } from '@jest/globals';
import { startBackend } from '../backend.fixture.js';
import { modern, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';

/** Policies as the configuration gives them. */
export const policiesOf = (text: string, more: Partial<CallPolicies> = {}): CallPolicies => ({
  sources: [{ path: ['incomingAuth', 'authz', 'policies', 0], text }],
  groupClaims: ['groups'],
  groupClaimFallbacks: [],
  groupEntityType: 'Group',
  ...more,
});

const NOTHING = { exclude: [] };
export const LONG = `long_${'x'.repeat(60)}`;
const POLICIES = `
  permit(principal in Group::"eng", action, resource);
  permit(principal in Group::"support", action == Action::"call_tool", resource)
    when { resource has readOnlyHint && resource.readOnlyHint };
  permit(principal, action == Action::"call_tool", resource == Tool::"repos_transfer")
    when { principal.claim_level == 3 && context.arg_amount < 100 };
  @id("no-deletes") @reason("deleting is done by the release team")
  forbid(principal, action == Action::"call_tool", resource == Tool::"repos_delete_all");
  @id("no-long") forbid(principal, action, resource == Tool::"repos_${LONG}");
  @reason("only dry runs on prod")
  forbid(principal, action == Action::"call_tool", resource == Tool::"repos_deploy")
    when { context has arg_env && context.arg_env == "prod" }
    unless { context has arg_dry && context.arg_dry };
  forbid(principal, action == Action::"read_resource", resource) when { resource.uri like "file:///secret/*" };
  forbid(principal, action == Action::"get_prompt", resource == Prompt::"repos_secret_plan");
`;

const tool = (name: string, annotations?: JsonObject): JsonObject => ({
  name,
  inputSchema: { type: 'object' },
  ...(annotations === undefined ? {} : { annotations }),
});

/** The proxy before two backends, with policies of every kind. */
export interface PolicyWorld {
  readonly proxy: TestProxy;
  tokenOf(claims: JsonObject, place?: string): Promise<string>;
  call(claims: JsonObject, name: string, args?: JsonObject, place?: string): Promise<ClientAnswer>;
  callsAtBackends(): number;
  /** Nothing of it reaches a backend. */
  expectNotCalled(ask: () => Promise<ClientAnswer>): Promise<ClientAnswer>;
  close(): Promise<void>;
}

export const ENG = { groups: ['eng'] };
/** As for any name that nobody has. */
export const UNKNOWN = { code: -32_602, message: 'there is no such tool' };
const CALLED = ['tools/call', 'prompts/get', 'resources/read', 'completion/complete'];

export async function startPolicyWorld(): Promise<PolicyWorld> {
  const nats = await startTestNats();
  const repos = await startBackend({
    kind: 'dual-stateless',
    tools: [
      tool('search', { readOnlyHint: true }),
      ...['delete_all', 'deploy', 'transfer', LONG].map((name) => tool(name)),
    ],
    prompts: [{ name: 'plan' }, { name: 'secret_plan' }],
    resources: [
      { uri: 'file:///open/a', name: 'a' },
      { uri: 'file:///secret/b', name: 'b' },
    ],
  });
  const tickets = await startBackend({
    kind: 'modern',
    tools: [tool('create'), tool('list', { readOnlyHint: true })],
  });
  const proxy = await startProxy({
    nats,
    backends: [
      { name: 'repos', url: repos.url },
      { name: 'tickets', url: tickets.url },
    ],
    aggregation: { maxNameLength: 40 },
    views: [
      { name: 'all', backends: ['repos', 'tickets'], tools: NOTHING, prompts: NOTHING, resources: NOTHING },
    ],
    callPolicies: policiesOf(POLICIES),
  });
  const tokenOf = async (claims: JsonObject, place = ''): Promise<string> =>
    await proxy.token({ aud: AUDIENCE + place, ...claims });
  const callsAtBackends = (): number =>
    [repos, tickets].flatMap((backend) => CALLED.flatMap((one) => backend.callsOf(one))).length;
  return {
    proxy,
    tokenOf,
    callsAtBackends,
    call: async (claims, name, args = {}, place = '') =>
      await modern(
        proxy.mcpUrl + place,
        'tools/call',
        { name, arguments: args },
        { token: await tokenOf(claims, place) },
      ),
    async expectNotCalled(ask) {
      const before = callsAtBackends();
      const answer = await ask();
      expect(answer.body.result).toBeUndefined();
      expect(callsAtBackends()).toBe(before);
      return answer;
    },
    async close() {
      await proxy.close();
      await Promise.all([repos.close(), tickets.close()]);
      await nats.close();
    },
  };
}
