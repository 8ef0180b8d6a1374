import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { Aggregation } from '../model/aggregation.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { isAbout, splitPattern, type ConfiguredView } from '../model/views.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { backendPlace, requestPathsOf, viewPlace } from '../urls/mcp-endpoints.js';
import { basePathOf } from '../urls/public-paths.js';
import type { Rule } from './rule.js';

const KINDS = ['tools', 'prompts', 'resources'] as const;

/** Every view has backends, its patterns are about them, and no two endpoints are at one path. */
export const views: Rule = (model) => [
  ...model.views.flatMap((view, index) => [
    ...backendFindings(view, ['views', index, 'backends']),
    ...KINDS.flatMap((kind) => patternFindings(view, kind, ['views', index, kind])),
    ...hiddenTools(view, model, ['views', index, 'tools', 'include']),
  ]),
  ...sharedPaths(model),
];

function backendFindings({ name, backends }: ConfiguredView, path: Path): readonly Finding[] {
  if (backends.length === 0) return [{ path, message: `The view ${name} has no backend: it shows nothing.` }];
  return backends.flatMap((backend, index) =>
    backends.indexOf(backend) < index
      ? [{ path: [...path, index], message: `${backend} is already further up in this list.` }]
      : [],
  );
}

/** A pattern about a backend that the view does not have is a misspelling. */
const patternFindings = (
  view: ConfiguredView,
  kind: (typeof KINDS)[number],
  path: Path,
): readonly Finding[] =>
  (['include', 'exclude'] as const).flatMap((field) =>
    (view[kind][field] ?? []).flatMap((pattern, index) =>
      view.backends.length === 0 || view.backends.some((backend) => isAbout(pattern, backend))
        ? []
        : [
            {
              path: [...path, field, index],
              message: `The view ${view.name} has no backend ${splitPattern(pattern).backend}. It has: ${view.backends.join(', ')}.`,
            },
          ],
    ),
  );

/** A view only narrows: a tool that is written here and hidden there would be missed. */
const hiddenTools = (
  { backends, tools: { include = [] } }: ConfiguredView,
  { aggregation }: Pick<GatehouseModel, 'aggregation'>,
  path: Path,
): readonly Finding[] =>
  include.flatMap((pattern, index) => {
    const { backend, name } = splitPattern(pattern);
    const about = backends.filter((one) => isAbout(pattern, one));
    // A pattern about a backend that the view does not have is a finding of its own.
    if (about.length === 0) return [];
    const hiding = about.map((one) => whatHides(aggregation, one, name));
    const [first] = hiding;
    return first === undefined || hiding.includes(undefined)
      ? []
      : [
          {
            path: [...path, index],
            message: `${first} hides ${name} of ${backend === '*' ? 'every backend' : backend}, and a view shows nothing that is hidden there.`,
          },
        ];
  });

/** The setting that hides all tools that a pattern of a backend's names is about. */
function whatHides(
  { excludeAllTools, defaultToolVisibility, tools }: Aggregation,
  backend: string,
  name: string,
): string | undefined {
  if (excludeAllTools) return 'aggregation.excludeAllTools';
  const entry = tools.find(({ workload }) => workload === backend);
  if (entry === undefined)
    return defaultToolVisibility === 'deny' ? 'aggregation.defaultToolVisibility' : undefined;
  const { excludeAll, filter } = entry;
  return excludeAll || filter?.some((tool) => matchesWildcard(name, tool)) === false
    ? 'aggregation.tools'
    : undefined;
}

/** A path of the public URL can make the path of one endpoint that of another one, once a proxy has taken it off. */
function sharedPaths({ publicUrl, backends, views: all }: GatehouseModel): readonly Finding[] {
  const basePath = URL.canParse(publicUrl) ? basePathOf(publicUrl) : '';
  const owners = new Map(requestPathsOf(basePath, '').map((path) => [path, 'the endpoint of all backends']));
  const places = [
    ...backends.map(({ name }, index) => ({
      place: backendPlace(name),
      owner: `the backend ${name}`,
      path: ['backends', index, 'name'],
    })),
    ...all.map(({ name }, index) => ({
      place: viewPlace(name),
      owner: `the view ${name}`,
      path: ['views', index, 'name'],
    })),
  ];
  return places.flatMap(({ place, owner, path }) => {
    const taken = requestPathsOf(basePath, place).find((one) => (owners.get(one) ?? owner) !== owner);
    for (const one of requestPathsOf(basePath, place)) if (!owners.has(one)) owners.set(one, owner);
    return taken === undefined
      ? []
      : [
          {
            path,
            related: [['publicUrl']],
            message: `With this publicUrl, ${taken} is the path of ${owners.get(taken) ?? ''} and of ${owner}: rename one of them.`,
          },
        ];
  });
}
