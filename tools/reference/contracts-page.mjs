/** docs/reference/nats-contracts.md and the schemas beside it, from libs/contracts and the accounts that are made of it. */
import ts from 'typescript';
import { z } from 'zod';
import { BUCKETS } from '../../libs/contracts/dist/buckets.js';
import { attemptId, configuredName, digest, jwe } from '../../libs/contracts/dist/fields.js';
import { EVENTS, REQUESTS } from '../../libs/contracts/dist/table.js';
import { accountsOf } from '../../libs/messaging/dist/nats-accounts.js';
import { fullSubject } from '../../libs/messaging/dist/subjects.js';
import { code, codes, duration, generatedFrom, table } from './markdown.mjs';
import { docOf, parsed, programFiles, textOf, visit } from './sources.mjs';

/** In the place of the gateway's name, in subjects and accounts. */
const GATEWAY = '<name>';

/** What stands above each contract in its file, by its subject. */
function described() {
  const found = new Map();
  for (const path of programFiles(['libs/contracts/src']))
    visit(parsed(path), (node) => {
      if (!ts.isVariableStatement(node)) return;
      const call = node.declarationList.declarations[0].initializer;
      const [definition] = call !== undefined && ts.isCallExpression(call) ? call.arguments : [];
      if (definition === undefined || !ts.isObjectLiteralExpression(definition)) return;
      const valueOf = (name) =>
        definition.properties.find((one) => ts.isPropertyAssignment(one) && one.name.getText() === name);
      const initializerOf = (name) =>
        /** @type {ts.PropertyAssignment | undefined} */ (valueOf(name))?.initializer;
      const owner = textOf(initializerOf('answeredBy')) ?? textOf(initializerOf('publishedBy'));
      const name = textOf(initializerOf('name'));
      if (name === undefined || owner === undefined) return;
      const about = { path, about: docOf(node), fields: fieldDocs(definition) };
      found.set(`${owner}.${name}.v${initializerOf('version')?.getText()}`, about);
    });
  return found;
}

/** The sentence above each member of a message, by the member's name. */
function fieldDocs(definition) {
  const docs = new Map();
  visit(definition, (node) => {
    if (ts.isPropertyAssignment(node) && docOf(node) !== '') docs.set(node.name.getText(), docOf(node));
  });
  return docs;
}

/** @returns {Record<string, unknown>} */
const schemaOf = (schema) =>
  Object.fromEntries(
    Object.entries(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).filter(
      ([name]) => name !== '$schema',
    ),
  );

/** What the fields that have a shape of their own are called. */
const SHAPES = new Map([
  [schemaOf(attemptId).pattern, 'id of an attempt'],
  [schemaOf(configuredName).pattern, 'name in the configuration'],
  [schemaOf(digest).pattern, 'SHA-256, base64url'],
  [schemaOf(jwe).pattern, 'JWE'],
]);

/** @param {Record<string, any>} contract */
const plain = ({ request, reply, payload, ...rest }) => ({
  ...rest,
  ...(request === undefined ? {} : { request: schemaOf(request), reply: schemaOf(reply) }),
  ...(payload === undefined ? {} : { payload: schemaOf(payload) }),
});

const contractSources = () => ({
  requests: REQUESTS.map(plain),
  events: EVENTS.map(plain),
  buckets: BUCKETS,
  accounts: accountsOf(GATEWAY),
  described: described(),
});

/** A schema in a few words: `uuid`, `text ≤ 512`, `{ kty, crv, x, kid }`. */
function typeOf(schema) {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((one) => code(JSON.stringify(one))).join(' or ');
  if (schema.type === 'array')
    return `list of ${typeOf(schema.items ?? {})}${bounds(schema.minItems, schema.maxItems)}`;
  if (schema.type === 'object')
    return `object of ${
      Object.keys(schema.properties ?? {})
        .map(code)
        .join(', ') || 'nothing'
    }`;
  if (schema.type === 'string') return textType(schema);
  if (schema.type === 'integer' || schema.type === 'number')
    return `whole number${bounds(schema.minimum, schema.maximum)}`;
  return schema.type ?? 'anything';
}

function textType({ format, pattern, minLength, maxLength }) {
  const kind = SHAPES.get(pattern) ?? (format === 'uri' ? 'URL' : (format ?? 'text'));
  return `${kind}${bounds(minLength, maxLength)}`;
}

const UNBOUNDED = Number.MAX_SAFE_INTEGER;
function bounds(least, most) {
  const parts = [
    ...(least === undefined || least === -UNBOUNDED ? [] : [`≥ ${least}`]),
    ...(most === undefined || most === UNBOUNDED ? [] : [`≤ ${most}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function message(title, schema, docs) {
  const forms = schema.oneOf ?? schema.anyOf ?? [schema];
  return forms
    .map((form, index) => {
      const members = Object.entries(form.properties ?? {});
      const head = `**${title}**${forms.length === 1 ? '' : `, form ${index + 1} of ${forms.length}`}`;
      if (members.length === 0) return `${head}: an object without members.`;
      const isNeeded = (name) => (form.required ?? []).includes(name);
      return `${head}\n\n${table(
        ['member', 'type', 'has to be there', 'about'],
        members.map(([name, member]) => [
          code(name),
          typeOf(member),
          isNeeded(name) ? 'yes' : 'no',
          docs.get(name) ?? '',
        ]),
      )}`;
    })
    .join('\n\n');
}

/** The accounts of the bus: the one that has the subject, and those that may import it. */
function accountsFor(contract, accounts) {
  const subject = fullSubject(GATEWAY, contract.subject);
  const owner = accounts.find(
    ({ name }) => name === `${GATEWAY}-${contract.answeredBy ?? contract.publishedBy}`,
  );
  const exported = owner.exports.find((one) => one.subject === subject);
  return { owner: owner.name, others: exported?.to ?? [] };
}

const errorLink = (name) => `[${code(name)}](../failure-modes.md#${name})`;

function requestSection(contract, { described: docs, accounts }) {
  const { about, path, fields } = docs.get(contract.subject) ?? { about: '', path: '', fields: new Map() };
  const { owner, others } = accountsFor(contract, accounts);
  return [
    `### ${contract.subject}`,
    about,
    table(
      ['of it', 'what'],
      [
        ['subject', code(fullSubject(GATEWAY, contract.subject))],
        ['account that may answer', code(owner)],
        ['accounts that may ask', codes(others)],
        ['deadline', duration(contract.timeoutMs)],
        [
          'idempotent',
          contract.idempotent
            ? 'yes: it is sent again when no reply has come for a while'
            : 'no: it is sent once',
        ],
        ['proof of who asks', contract.proven ? 'inside the message' : 'the account alone'],
        ['errors', contract.errors.map(errorLink).join(', ')],
        ['source', `[${path}](../../${path})`],
      ],
    ),
    message('Request', contract.request, fields),
    message('Reply', contract.reply, fields),
  ].join('\n\n');
}

function eventSection(contract, { described: docs, accounts }) {
  const name = contract.subject.replace(/^events\./, '');
  const { about, path, fields } = docs.get(name) ?? { about: '', path: '', fields: new Map() };
  const { owner, others } = accountsFor(contract, accounts);
  const stays = contract.heardBy.includes(contract.publishedBy) ? ['replicas of the same account'] : [];
  return [
    `### ${contract.subject}`,
    about,
    table(
      ['of it', 'what'],
      [
        ['subject', code(fullSubject(GATEWAY, contract.subject))],
        ['account that publishes', code(owner)],
        ['heard by', [...others.map(code), ...stays].join(', ')],
        ['kept in the stream', contract.kept ? 'yes' : 'no: it is worthless a moment later'],
        ['source', `[${path}](../../${path})`],
      ],
    ),
    message('Payload', contract.payload, fields),
  ].join('\n\n');
}

const MIB = 1_048_576;

export const contractsPage = {
  path: 'docs/reference/nats-contracts.md',
  sources: contractSources,
  text: (sources) =>
    [
      '# NATS contracts',
      generatedFrom('`libs/contracts` and `libs/messaging/src/nats-accounts.ts`'),
      `The three services speak over NATS. Each message is one of these contracts, and is checked on both sides. ${code(GATEWAY)} stands for \`name\` of the configuration. Each service has an account of its own on the bus: a subject that an account does not import does not exist for it (ADR [7](../adr/0007-an-account-per-service-on-the-bus.md)). \`gatehouse nats-configuration\` prints these accounts.`,
      'The messages as JSON Schema 2020-12 are in [nats-contracts.json](nats-contracts.json). A caller waits for the deadline at most, or until its own deadline if that is nearer.',
      '## Requests',
      table(
        ['contract', 'answered by', 'asked by', 'deadline', 'idempotent'],
        sources.requests.map((one) => [
          `[${code(one.subject)}](#${anchor(one.subject)})`,
          one.answeredBy,
          one.calledBy.join(', '),
          duration(one.timeoutMs),
          one.idempotent ? 'yes' : 'no',
        ]),
      ),
      ...sources.requests.map((one) => requestSection(one, sources)),
      '## Events',
      table(
        ['contract', 'published by', 'heard by', 'kept'],
        sources.events.map((one) => [
          `[${code(one.subject)}](#${anchor(one.subject)})`,
          one.publishedBy,
          one.heardBy.join(', '),
          one.kept ? 'yes' : 'no',
        ]),
      ),
      ...sources.events.map((one) => eventSection(one, sources)),
      '## Buckets',
      'Key-value buckets of JetStream. A bucket is in its service’s account: no other service can name it. A full bucket refuses writes and loses nothing.',
      table(
        ['bucket', 'owned by', 'an entry lives', 'holds at most', 'storage'],
        sources.buckets.map(({ name, ownedBy, ttlMs, maxBytes, storage }) => [
          code(name),
          ownedBy,
          duration(ttlMs),
          `${maxBytes / MIB} MiB`,
          storage ?? 'file',
        ]),
      ),
      '',
    ].join('\n\n'),
  drift: (sources) => ({
    ...sources,
    requests: sources.requests.map((one, at) =>
      at === 0 ? { ...one, timeoutMs: one.timeoutMs + 1000 } : one,
    ),
  }),
};

const anchor = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');

export const contractSchemas = {
  path: 'docs/reference/nats-contracts.json',
  sources: contractSources,
  text: ({ requests, events }) =>
    JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      requests: Object.fromEntries(
        requests.map(({ subject, request, reply }) => [subject, { request, reply }]),
      ),
      events: Object.fromEntries(events.map(({ subject, payload }) => [subject, payload])),
    }),
  drift: (sources) => ({ ...sources, events: sources.events.slice(1) }),
};
