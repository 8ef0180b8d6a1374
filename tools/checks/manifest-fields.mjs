/**
 * docs/reference/manifests.md tells the truth: every published field is set, and what becomes of the configuration is compared.
 * Honoured: the model is another. Refused: a problem names the field. No effect: a warning does. Nothing is accepted and ignored.
 */
import { manifest, manifests, textOf } from '../../libs/config/dist/from-manifests/manifests.fixture.js';
import { fromManifests } from '../../libs/config/dist/from-manifests/from-manifests.js';
import { modelFromYaml } from '../../libs/config/dist/from-yaml/model-from-yaml.js';
import { countsOf, fieldTable } from '../../libs/config/dist/manifest-fields/field-table.js';
import { SecretResolver } from '../../libs/config/dist/secrets/secret-resolver.js';
import { checkStructure } from '../../libs/config/dist/structure/structure.js';
import { SCENES, specOf } from '../manifest-scenes.mjs';
import { report } from './report.mjs';

/**
 * Values that say something else than any text would. Otherwise: a text, a flag turned, a number, a list.
 * @type {readonly (readonly [RegExp, unknown])[]}
 */
const VALUES = [
  [/^MCPAuthzConfig config$/, { policies: ['forbid(principal, action, resource);'] }],
  [/circuitBreaker\.enabled$/, false],
  [/subjectTokenType$/, 'id_token'],
  [/partialFailureMode$/, 'fail'],
  [/(transport|proxyMode)$/, 'sse'],
  [/(cacheSkew|Interval|[tT]imeout|\.default|refillPeriod)$/, '7s'],
];

function baseFor(kind, pattern) {
  const all = manifests();
  all.push(manifest('MCPToolConfig', 'tools', { toolsFilter: ['first'] }));
  all.push(manifest('MCPAuthzConfig', 'shared', { type: 'cedarv1', config: { policies: [] } }));
  for (const [of, beginning, change] of SCENES)
    if (of === kind && isWithin(pattern, beginning)) change(specOf(all, kind), all, pattern);
  return all;
}

const isWithin = (pattern, beginning) =>
  beginning === '' ||
  pattern === beginning ||
  (pattern.startsWith(beginning) && /^[.[{]/.test(pattern.slice(beginning.length)));

/** Puts a value where a pattern leads, into the item that goes with the block beside it. @returns the path */
function put(spec, pattern, value) {
  let holder = spec;
  const steps = pattern.split('.');
  steps.forEach((step, index) => {
    const [, name = '', mark] = /^([^[{]+)(\[\]|\{\}|)$/.exec(step) ?? [];
    if (index === steps.length - 1) {
      holder[name] = typeof value === 'function' ? value(holder[name]) : value;
      return;
    }
    holder[name] ??= mark === '[]' ? [] : {};
    holder = holder[name];
    if (mark === '[]') {
      const at = pattern.includes('.oauth2Config') && name === 'upstreamProviders' ? 1 : 0;
      holder[at] ??= {};
      holder = holder[at];
    } else if (mark === '{}') {
      const [key = 'tickets'] = Object.keys(holder);
      holder[key] ??= {};
      holder = holder[key];
    }
  });
}

const changedValue = (kind, pattern, field) => (before) => {
  const own = VALUES.find(([name]) => name.test(`${kind} ${pattern}`));
  if (own !== undefined && !isBlock(field)) return own[1];
  if (field.choices !== undefined)
    return field.choices.findLast((choice) => choice !== before && choice !== '') ?? 'changed-value';
  switch (field.type) {
    case 'flag':
      return before !== true;
    case 'number':
      return 7;
    case 'texts':
      return ['changed-value'];
    case 'textMap':
      return { 'changed-value': 'changed' };
    case 'block':
      return { ...before, 'changed-value': 1 };
    case 'blocks':
      return [{ 'changed-value': 1 }];
    case 'blockMap':
      return { 'changed-value': { 'changed-value': 1 } };
    default:
      return 'changed-value';
  }
};

const plain = (_name, value) => (value instanceof Map ? [...value] : value);
/** @type {import('../../libs/config/dist/secrets/secret-references.js').SecretReader} */
const noSecrets = () => ({ ok: false, message: 'not read' });

function read(all) {
  const read = fromManifests([{ document: 'all.yaml', text: textOf(all) }], { document: 'all' });
  const { shape } = checkStructure(read.value);
  const model =
    shape === undefined ? undefined : modelFromYaml(shape, new SecretResolver('none', noSecrets, []));
  return { ...read, model: JSON.stringify(model, plain) };
}

/** A block by itself says nothing; an unknown field in it shows that it is looked into, and each of its fields has a row. */
const isBlock = ({ type }) => type === 'block' || type === 'blocks' || type === 'blockMap';

const bare = (pattern) => pattern.replace(/\[\]|\{\}/g, '');
/** At the field or a block around it, or among those that a warning lists. Keys of maps are no part of a pattern. */
function names({ path, message }, pattern) {
  const written = bare(pattern);
  const place = path
    .split(' ')
    .at(-1)
    .replace(/^spec\.?/, '')
    .replace(/\[\d+\]|\["[^"]*"\]/g, '');
  const listed = /^No effect here \((.*?)\):/.exec(message)?.[1].split(', ') ?? [];
  return [place, ...listed].some((one) => one !== '' && (written === one || written.startsWith(`${one}.`)));
}

/** A `type` that asks for fields which are not there is read, too, and so is a field with one choice that refuses others. */
const differ = (now, then, pattern) =>
  now.model !== then.model ||
  (/(^|\.)type$|^xaa\.subjectTokenType$/.test(pattern) &&
    JSON.stringify(now.problems) !== JSON.stringify(then.problems));

const rows = fieldTable();
const problems = [];
for (const { kind, pattern, field, decision } of rows) {
  const before = baseFor(kind, pattern);
  const after = baseFor(kind, pattern);
  put(specOf(after, kind), pattern, changedValue(kind, pattern, field));
  const now = read(after);
  const said = (list, beginning) =>
    list.some((problem) => problem.message.startsWith(beginning) && names(problem, pattern));
  const isTrue =
    decision.is === 'refused'
      ? said(now.problems, 'Refused: ')
      : decision.is === 'noEffect'
        ? said(now.warnings, 'No effect here')
        : isBlock(field)
          ? now.problems.some(
              ({ path, message }) => path.endsWith('changed-value') && message.startsWith('Unknown field.'),
            )
          : differ(now, read(before), pattern);
  if (!isTrue) problems.push(`${kind} spec.${pattern}: said to be ${decision.is}, and is not`);
}

const counts = countsOf(rows);
console.log(
  `${rows.length} fields of manifests: ${counts.honoured} honoured, ${counts.refused} refused, ${counts.noEffect} without effect; accepted but ignored: ${problems.length}.`,
);
report(problems, { looked: rows.length });
