/** Blocks of `gatehouse.yaml`, whole or a part of one, through the rules that `gatehouse validate` runs. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderProblems } from '../../libs/config/dist/findings/render-problems.js';
import { parseConfiguration } from '../../libs/config/dist/load.js';
import { systemSecrets } from '../../libs/config/dist/secrets/secret-references.js';
import { readYaml } from '../../libs/config/dist/yaml/yaml-document.js';
import { REPOSITORY } from '../set-up/repository.mjs';
import { markersOf } from './blocks.mjs';
import { mergedAt } from './merge.mjs';

const PART = /^part of (the first block|\S+)(?: at (\S+))?$/;
const OTHER = /^not gatehouse\.yaml, .{3,}$/;
const REFUSED = /^refused, "(.+)"$/;
/** What the blocks are used for later does not matter here. */
const ELSEWHERE = /^(file |written into \S+ by tests\/\S+$)/;

/**
 * @param {string} text
 * @param {readonly string[]} markers
 * @param {import('./blocks.mjs').Page} page
 * @returns {string[]} what is wrong
 */
export function yamlProblems(text, markers, page) {
  if (markers.some((marker) => OTHER.test(marker))) return otherYamlProblems(text);
  const unknown = markers.filter((marker) => ![PART, REFUSED, ELSEWHERE].some((known) => known.test(marker)));
  if (unknown.length > 0) return unknown.map((marker) => `unknown marker for YAML: "${marker}"`);
  const whole = wholeOf(text, markers, page);
  if (whole.problem !== undefined) return [whole.problem];
  const problems = validated(whole);
  const refused = found(REFUSED, markers);
  if (refused === undefined) return problems;
  if (problems.length === 0) return ['the page says that this is refused, and it is valid'];
  return problems.join('\n').includes(refused[1])
    ? []
    : [`refused otherwise than with "${refused[1]}": ${problems.join('\n')}`];
}

/**
 * Policies of Cedar are a part of the configuration that the marker names.
 * @returns {string[]}
 */
export function cedarProblems(text, markers, page) {
  if (found(PART, markers) === undefined)
    return ['a block of Cedar says of which configuration it is a part'];
  const fragment = JSON.stringify({ incomingAuth: { type: 'oidc', authz: { policies: [text] } } });
  return yamlProblems(fragment, markers, page);
}

const found = (pattern, markers) =>
  markers.map((marker) => pattern.exec(marker)).find((match) => match !== null);

/** Files that it names are those beside the file that it is a part of. */
function validated({ text = '', file = 'gatehouse.yaml' }) {
  const readSecret = systemSecrets(dirname(join(REPOSITORY, file)), {});
  const loaded = parseConfiguration({ document: `block in ${file}`, text }, { part: 'none', readSecret });
  return loaded.ok ? [] : [renderProblems(loaded.problems).trim()];
}

/** @returns {{ text?: string, file?: string, problem?: string }} */
function wholeOf(text, markers, page) {
  const part = found(PART, markers);
  if (part === undefined) return { text };
  const [marker, named, at] = part;
  const base = named === 'the first block' ? firstBlockOf(page) : fileOf(named);
  if (base.problem !== undefined) return { problem: `${marker}: ${base.problem}` };
  const whole = readYaml(base.text ?? '');
  const fragment = readYaml(text);
  if (!whole.ok) return { problem: `${marker}: that is no YAML` };
  if (!fragment.ok) return { problem: fragment.errors.map(({ message }) => message).join('; ') };
  const both = mergedAt(whole.source.value, at === undefined ? [] : at.split('.'), fragment.source.value);
  // JSON is YAML.
  return both === undefined
    ? { problem: `${marker}: there is nothing of that name` }
    : { ...base, text: JSON.stringify(both) };
}

/** @returns {{ text?: string, file?: string, problem?: string }} */
function fileOf(file) {
  const path = join(REPOSITORY, file);
  return existsSync(path) ? { text: readFileSync(path, 'utf8'), file } : { problem: 'there is no such file' };
}

/** @returns {{ text?: string, file?: string, problem?: string }} */
function firstBlockOf(page) {
  const block = page.blocks.find(({ language }) => language === 'yaml');
  const markers = block === undefined ? [] : markersOf(block, page);
  return block === undefined || found(PART, markers)?.[1] === 'the first block'
    ? { problem: 'there is none' }
    : wholeOf(block.text, markers, page);
}

/** YAML of other programs is YAML at least. */
function otherYamlProblems(text) {
  return text.split(/^---$/m).flatMap((document) => {
    const read = readYaml(document);
    return read.ok ? [] : read.errors.map(({ message }) => message);
  });
}
