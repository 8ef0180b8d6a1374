import { resolve } from 'node:path';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { Secret } from '@gatehouse/kernel/secret';
import { Cannot } from '../cannot.js';
import { refuseClearText } from '../clear-text.js';
import { modelOf, readConfiguration, type Environment } from '../configuration.js';
import { factsOf } from '../explain/facts.js';
import { targetsOf, type Target } from '../explain/target.js';
import type { Output } from '../output.js';
import { PROGRAM } from '../paths.js';
import { shownText } from '../shown-text.js';
import { configuredTools } from './configured-tools.js';
import { listedTools, type ListedTools } from './listed-tools.client.js';

interface ToolsOptions {
  readonly config: string;
  /** The MCP endpoint; absent: the one that the configuration names. */
  readonly url?: string;
  readonly insecureAllowHttp: boolean;
  readonly json: boolean;
}

/** The access token of a caller: lists are made for who asks. */
const TOKEN_VARIABLE = 'GATEHOUSE_TOKEN';

/** One line: where calls of this tool go, and with whose credential. */
interface ToolLine {
  readonly tool: string;
  /** Several where the name alone does not say which. */
  readonly backends: readonly string[];
  readonly strategy: string | null;
  readonly provider: string | null;
  readonly credential: string | null;
  readonly scopes: string | null;
}

/** What callers see: as a gateway that runs lists it for one of them, else as the configuration has it. */
export async function tools(
  { config, url, insecureAllowHttp, json }: ToolsOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const model = modelOf(readConfiguration(resolve(config)), 'none', {});
  const token = tokenIn(environment);
  const mcpUrl = url ?? model.resourceUrl;
  if (!URL.canParse(mcpUrl) || !/^https?:/.test(mcpUrl))
    throw new Cannot(
      '--url takes the URL of an MCP endpoint: --url https://gatehouse.example.com/mcp',
      'usage',
    );
  if (token !== undefined) refuseClearText(mcpUrl, insecureAllowHttp);
  const asked = await askedGateway(model, mcpUrl, token);
  const lines =
    asked?.ok === true
      ? asked.names.map((name) => lineOf(model, name, targetsOf(model, name)))
      : configuredTools(model).map(({ name, backend, original }) =>
          lineOf(model, name, [original === undefined ? { backend } : { backend, tool: original }]),
        );
  if (json) output.json({ listed: asked?.ok === true, tools: lines });
  else print(output, lines, asked);
  return 0;
}

function tokenIn(environment: Environment): Secret | undefined {
  const given = (environment[TOKEN_VARIABLE] ?? '').trim();
  return given === '' ? undefined : new Secret(given);
}

/** @returns `undefined` where nobody is there in whose name it could be asked. */
async function askedGateway(
  model: GatehouseModel,
  url: string,
  token: Secret | undefined,
): Promise<ListedTools | undefined> {
  if (token === undefined && model.incomingAuth.type !== 'anonymous') return undefined;
  const asked = await listedTools(url, token);
  // Who gives a token wants to know what its caller sees, and nothing else.
  if (asked.ok || token === undefined) return asked;
  throw new Cannot(
    `${url} does not list its tools for this caller: ${asked.why}. See whether it runs, and put an access token that has not ended into ${TOKEN_VARIABLE}; without one, the configuration alone is shown.`,
    asked.mayWorkLater ? 'tryAgain' : 'failed',
  );
}

function lineOf(model: GatehouseModel, tool: string, targets: readonly Target[]): ToolLine {
  const [target, ...more] = targets;
  const facts = target === undefined || more.length > 0 ? [] : factsOf(model, target);
  const said = (about: string): string | null => facts.find((fact) => fact.about === about)?.is ?? null;
  return {
    tool: shownText(tool),
    backends: targets.map(({ backend }) => backend),
    strategy: said('strategy'),
    provider: said('provider'),
    credential: said('credential'),
    scopes: said('scopes'),
  };
}

function print(output: Output, lines: readonly ToolLine[], asked: ListedTools | undefined): void {
  if (lines.length === 0) output.line('No tool is shown to anybody.');
  else
    output.table(
      ['tool', 'backend', 'strategy', 'credential', 'scopes'],
      lines.map(({ tool, backends, strategy, credential, scopes }) => ({
        cells: [tool, backends.join(' or '), strategy ?? '-', credential ?? '-', scopes ?? '-'],
      })),
    );
  if (asked === undefined)
    output.line(
      `\nThis is the configuration: * stands for what a backend lists. What a caller sees: put an access token into ${TOKEN_VARIABLE}, and run the command again.`,
    );
  else if (!asked.ok)
    output.line(
      `\nThis is the configuration: * stands for what a backend lists. The gateway does not answer (${asked.why}). Start it: ${PROGRAM} up <file>`,
    );
}
