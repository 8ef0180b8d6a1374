/** Every text of the pages is said in German, with the same values, and none is kept that no page says any more. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { forgettingClients } from '../../apps/authorization-server/dist/oauth-endpoints/forgetting-clients.js';
import { GERMAN } from '../../apps/authorization-server/dist/pages/german.js';
import { keyOf } from '../../apps/authorization-server/dist/pages/html.js';
import { OPENID_WORDS, SCOPE_WORDS } from '../../libs/config/dist/profiles/scope-words.js';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

function textsOf(path) {
  const source = readFileSync(join(REPOSITORY, path), 'utf8');
  const texts = [];
  const visit = (node) => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 't') texts.push(keyOf(partsOf(node)));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true));
  return texts;
}

const partsOf = ({ template }) =>
  ts.isNoSubstitutionTemplateLiteral(template)
    ? [template.text]
    : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)];

const valuesOf = (text) => [...text.matchAll(/\{\d\}/g)].map(([value]) => value).sort();

const paths = filesBelow(['apps/authorization-server/src'], '.ts').filter(
  (path) => !/\.spec\.ts$|\/generated\//.test(path),
);
const texts = new Map(paths.flatMap((path) => textsOf(path).map((text) => [text, path])));
/** Said where it is known, and else as it is. */
const words = new Set([
  ...[OPENID_WORDS, ...Object.values(SCOPE_WORDS)].flatMap((scopes) => Object.values(scopes)),
  ...forgettingClients(undefined).flatMap(({ name, steps }) => [name, steps]),
]);

const problems = [
  ...[...texts]
    .filter(([text]) => !Object.hasOwn(GERMAN, text))
    .map(([text, path]) => `${path}: not in German: ${JSON.stringify(text)}`),
  ...Object.entries(GERMAN).flatMap(([text, german]) => {
    if (!texts.has(text) && !words.has(text)) return [`no page says ${JSON.stringify(text)} any more`];
    return String(valuesOf(text)) === String(valuesOf(german))
      ? []
      : [`other values in German: ${JSON.stringify(text)}`];
  }),
];
report(problems, { looked: texts.size });
