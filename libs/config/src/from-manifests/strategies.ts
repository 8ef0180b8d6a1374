import type { Path } from '../findings/path.js';
import { KIND_FIELDS } from '../manifest-fields/kinds.js';
import type { TranslatedBackend } from './backends.js';
import type { Written } from './manifest-object.js';
import { putDurations, putReference, putRenamed, type Translation } from './translation.js';

const PATH: Path = ['outgoingAuth'];

/**
 * `outgoingAuth`, in either of its sources: what the VirtualMCPServer says about a backend, else what the backend itself names,
 * else the default.
 */
export function translateStrategies(translation: Translation, backends: readonly TranslatedBackend[]): void {
  const { gateway, native } = translation;
  const from = gateway.at('spec', 'outgoingAuth');
  native.put(PATH, {}, from);
  const fallback = from.at('default');
  if (fallback.isThere) putChoice(translation, [...PATH, 'default'], fallback, undefined);
  for (const { name, workload } of backends) {
    const chosen = from.at('backends', name);
    const path = [...PATH, 'backends', name];
    if (chosen.isThere) putChoice(translation, path, chosen, workload);
    else if (workload !== undefined) putOwn(translation, path, workload);
  }
  const known = new Set(backends.map(({ name }) => name));
  for (const [name, chosen] of from.at('backends').entries)
    if (!known.has(name)) putForOther(translation, [...PATH, 'backends', name], chosen);
}

/** A backend that stands beside the manifests, or nowhere: then the rules say so. It never goes without its credential. */
function putForOther(translation: Translation, path: Path, chosen: Written): void {
  putChoice(translation, path, chosen, undefined);
  const isKnown = translation.otherBackends.has(String(path.at(-1)));
  if (!isKnown && translation.native.read(path) === undefined)
    translation.native.put(path, { type: 'unauthenticated' }, chosen);
}

/** `{ type: discovered | externalAuthConfigRef }`. */
function putChoice(
  translation: Translation,
  path: Path,
  chosen: Written,
  workload: Written | undefined,
): void {
  const reference = chosen.at('externalAuthConfigRef');
  if (chosen.at('type').text === 'externalAuthConfigRef') {
    if (reference.isThere) putStrategy(translation, path, reference, chosen);
    else
      translation.set.problems.push(
        reference.problem('type: externalAuthConfigRef needs externalAuthConfigRef.'),
      );
    return;
  }
  if (reference.isThere && chosen.at('type').text === 'discovered')
    translation.set.problems.push(
      reference.problem('This does not go with type: discovered.', 'type: externalAuthConfigRef'),
    );
  if (workload !== undefined) putOwn(translation, path, workload);
}

/** What the backend itself names: a strategy, or a header. */
function putOwn(translation: Translation, path: Path, workload: Written): void {
  const reference = workload.at('spec', 'externalAuthConfigRef');
  const headers = workload.at('spec', 'headerForward', 'addHeadersFromSecret');
  if (reference.isThere) putStrategy(translation, path, reference, reference);
  if (headers.items.length === 0) return;
  const [header, ...others] = headers.items;
  if (header === undefined || others.length > 0 || reference.isThere) {
    translation.set.problems.push(
      headers.problem(
        'Refused: only one header from a Secret can be sent, and only without externalAuthConfigRef.',
      ),
    );
    return;
  }
  translation.native.put(path, { type: 'headerInjection' }, header);
  putHeader(translation, path, header);
}

function putHeader(translation: Translation, path: Path, from: Written): void {
  const place = [...path, 'headerInjection'];
  translation.native.put(place, {}, from);
  translation.native.copy(place, from, ['headerName']);
  putReference(translation, [...place, 'headerValue'], from.at('valueSecretRef'));
}

/** `place`: what a finding about the strategy as a whole, or its name, is about. */
function putStrategy(translation: Translation, path: Path, reference: Written, place: Written): void {
  const { set, native } = translation;
  const config = set.follow('MCPExternalAuthConfig', reference);
  if (config === undefined) return;
  const spec = config.at('spec');
  const type = spec.at('type').text ?? '';
  native.put(path, {}, place);
  native.put([...path, 'type'], 'unauthenticated', spec.at('type'));
  if (type === 'unauthenticated' || !TYPES.includes(type)) return;
  const block = spec.at(type);
  if (!block.isThere) {
    set.problems.push(block.problem(`type: ${type} needs the fields under ${type}.`));
    return;
  }
  const translate = STRATEGIES[type];
  // What is not among them is refused by its block (manifest-fields/decisions.ts).
  if (translate === undefined) return;
  const ours = type === 'bearerToken' ? 'headerInjection' : type;
  native.put([...path, 'type'], ours, spec.at('type'));
  native.put([...path, ours], {}, block);
  translate(translation, [...path, ours], block);
}

/** What is none of them is reported at the field. */
const TYPES = KIND_FIELDS.MCPExternalAuthConfig.fields.get('type')?.choices ?? [];

type TranslateStrategy = (translation: Translation, path: Path, block: Written) => void;

const STRATEGIES: Readonly<Record<string, TranslateStrategy | undefined>> = {
  headerInjection: ({ native, ...rest }, path, block) => {
    native.copy(path, block, ['headerName']);
    putReference({ native, ...rest }, [...path, 'headerValue'], block.at('valueSecretRef'));
  },
  /** A VirtualMCPServer of the seed system refuses it; its header is that of RFC 6750 section 2.1. */
  bearerToken: (translation, path, block) => {
    translation.native.put([...path, 'headerName'], 'Authorization', block);
    translation.native.put([...path, 'scheme'], 'Bearer', block);
    const token = block.at('tokenSecretRef');
    const place = [...path, 'headerValue'];
    putReference(translation, place, token);
    // Reported at the fields of the reference.
    if (translation.native.read(place) === undefined) translation.native.fails(place);
  },
  upstreamInject: ({ native }, path, block) => {
    native.copy(path, block, ['providerName']);
  },
  awsSts: (translation, path, block) => {
    const { native } = translation;
    native.copy(path, block, ['region', 'service', 'fallbackRoleArn', 'roleClaim', 'sessionNameClaim']);
    const mappings = block.at('roleMappings');
    if (mappings.isThere) native.put([...path, 'roleMappings'], [], mappings);
    mappings.items.forEach((mapping, index) => {
      const place = [...path, 'roleMappings', index];
      native.put(place, {}, mapping);
      native.copy(place, mapping, ['claim', 'matcher', 'roleArn', 'priority']);
    });
    const duration = block.at('sessionDuration');
    if (duration.isThere) native.put([...path, 'sessionDuration'], `${String(duration.value)}s`, duration);
    putSubjectOrCaller(translation, path, block, 'AWS STS');
  },
  obo: (translation, path, block) => {
    translation.native.copy(path, block, [
      'tenantId',
      'authority',
      'clientId',
      'audience',
      'scopes',
      'subjectTokenProviderName',
    ]);
    putReference(translation, [...path, 'clientSecret'], block.at('clientSecretRef'));
    putDurations(translation, path, block, ['cacheSkew']);
  },
  xaa: (translation, path, block) => {
    const { native } = translation;
    native.copy(path, block, [
      'idpTokenUrl',
      'idpClientId',
      'targetTokenUrl',
      'targetClientId',
      'targetAudience',
      'targetResource',
      'scopes',
      'subjectProviderName',
      'subjectTokenType',
    ]);
    putRenamed(translation, path, block, { insecureTargetTokenUrl: 'insecureAllowHttp' });
    putReference(translation, [...path, 'idpClientSecret'], block.at('idpClientSecretRef'));
    putReference(translation, [...path, 'targetClientSecret'], block.at('targetClientSecretRef'));
  },
  tokenExchange: (translation, path, block) => {
    translation.native.copy(path, block, ['tokenUrl', 'clientId', 'audience', 'scopes', 'subjectTokenType']);
    putReference(translation, [...path, 'clientSecret'], block.at('clientSecretRef'));
    putRenamed(translation, path, block, { externalTokenHeaderName: 'headerName' });
    putSubjectOrCaller(translation, path, block, 'tokenUrl');
  },
};

const hasExternalIssuer = ({ gateway }: Translation): boolean =>
  gateway.at('spec', 'incomingAuth', 'type').text === 'oidc' &&
  !gateway.at('spec', 'authServerConfig').isThere;

/**
 * Without an embedded authorization server, a strategy of the seed system exchanges the token with which the caller came.
 * @param shown who is sent it
 */
function putSubjectOrCaller(translation: Translation, path: Path, block: Written, shown: string): void {
  const written = block.at('subjectProviderName');
  if (written.isThere || !hasExternalIssuer(translation)) {
    putSubject(translation, [...path, 'subjectProviderName'], written);
    return;
  }
  translation.native.put([...path, 'subjectFromCaller'], true, written);
  translation.set.warnings.push(
    written.problem(
      `Left out: the caller’s own token of the external issuer is the subject, and ${shown} is sent it.`,
    ),
  );
}

/** Left out, it is the first provider of the embedded authorization server, as the published schema says. */
function putSubject({ native, gateway, set }: Translation, path: Path, written: Written): void {
  const providers = gateway.at('spec', 'authServerConfig', 'upstreamProviders').items;
  const first = providers[0]?.at('name').text;
  native.put(path, written.isThere ? written.value : first, written);
  if (!written.isThere && first !== undefined && providers.length > 1)
    set.warnings.push(
      written.problem(
        `Left out: the token of ${first} is the subject, because it is the first provider.`,
        `subjectProviderName: ${first}`,
      ),
    );
}
