/**
 * A fact that two projects share stands in one file. A second copy drifts from the first, so what such a copy would look
 * like is forbidden everywhere else; specs may write it out, since they say what it has to be.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

/** @type {readonly { fact: string, copy: RegExp, home: string }[]} */
const FACTS = [
  { fact: 'the form of a DNS label', copy: /\{0,61\}/, home: 'libs/kernel/src/dns-label.ts' },
  {
    fact: 'a token type identifier, or the grant type of token exchange',
    copy: /urn:ietf:params:oauth:(token-type|grant-type:token-exchange)/,
    home: 'libs/kernel/src/token-types.ts',
  },
  {
    fact: 'a default port',
    copy: /(?<![\d.'"])44(8[3-9]|9[0-6])(?!\d)/,
    home: 'libs/kernel/src/default-ports.ts',
  },
  {
    fact: 'the words for how much a sign-in needs a provider',
    copy: /'required',? ?\|? 'optional',? ?\|? 'onDemand'/,
    home: 'libs/config/src/model/upstream-provider.ts',
  },
  {
    fact: 'the schema of a service',
    copy: /replaceAll\('-', '_'\);/,
    home: 'libs/persistence/src/schema-of.ts',
  },
  { fact: 'the path of callbacks', copy: /'\/oauth\/callback'/, home: 'libs/config/src/urls/callbacks.ts' },
  {
    fact: 'the list of services',
    copy: /\[\s*'authorization-server',\s*'token-vault',\s*'vmcp-proxy',?\s*\]/,
    home: 'libs/kernel/src/services.ts',
  },
  { fact: 'the stream behind a bucket', copy: /KV_\$\{/, home: 'libs/messaging/src/subjects.ts' },
];

const sources = filesBelow(['apps', 'libs', 'bench'], '.ts').filter(
  (path) => /\/src\//.test(path) && !/\.(spec|fixture)\.ts$|\/(testing|generated)\//.test(path),
);
const problems = sources.flatMap((path) => {
  const text = readFileSync(join(REPOSITORY, path), 'utf8');
  return FACTS.filter(({ copy, home }) => path !== home && copy.test(text)).map(
    ({ fact, home }) => `${path}: ${fact} stands in ${home}`,
  );
});
for (const { fact, copy, home } of FACTS)
  if (!copy.test(readFileSync(join(REPOSITORY, home), 'utf8'))) problems.push(`${fact} is not in ${home}`);

report(problems, { looked: sources.length });
