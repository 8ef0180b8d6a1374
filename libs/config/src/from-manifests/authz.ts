import { OWN_CLAIMS } from '../model/claim-mappings.js';
import { embeddedDocuments } from './embedded.js';
import { isFields, type Written } from './manifest-object.js';
import type { Path } from '../findings/path.js';
import type { Translation } from './translation.js';

const PATH: Path = ['incomingAuth', 'authz'];

/** The name that policies of the seed system use for groups when nothing else is written. */
const GROUP_TYPE = 'THVGroup';
const GROUP_CLAIM = 'groups';
/** Where it looks, one after the other, when no name is written. */
const FALLBACKS = ['roles', 'cognito:groups'];

/** `authzConfig` or `authzConfigRef`: policies in Cedar. */
export function translateAuthz(translation: Translation, from: Written): void {
  const { set, native } = translation;
  const [inline, reference] = [from.at('authzConfig'), from.at('authzConfigRef')];
  if (inline.isThere && reference.isThere)
    set.problems.push(
      reference.problem('The policies are written in authzConfig already: write one of the two.'),
    );
  if (!inline.isThere && !reference.isThere) return;
  native.put(PATH, { type: 'cedar', groupEntityType: GROUP_TYPE }, inline.isThere ? inline : reference);
  const before = set.problems.length;
  if (reference.isThere) translateReference(translation, reference);
  else translateConfig(translation, inline);
  // Policies that could not be read are not policies that are not there.
  const isRead = set.problems.length === before && native.read([...PATH, 'policies']) !== undefined;
  if (!isRead) native.fails([...PATH, 'policies']);
  mapGroups(translation, inline.isThere ? inline : reference);
}

function translateConfig({ set, native }: Translation, config: Written): void {
  native.copy(PATH, config, ['groupClaimName', 'roleClaimName', 'groupEntityType']);
  if (config.at('type').text === 'inline') {
    const inline = config.at('inline');
    if (!inline.isThere) set.problems.push(inline.problem('type: inline needs the fields under inline.'));
    putPolicies(native, inline.at('policies'), inline.at('entitiesJson'));
    return;
  }
  if (config.at('type').text !== 'configMap') return;
  const place = config.at('configMap');
  if (!place.isThere) {
    set.problems.push(place.problem('type: configMap needs the fields under configMap.'));
    return;
  }
  const key = place.at('key').text ?? 'authz.json';
  const text = set.follow('ConfigMap', place)?.at('data', key);
  if (text === undefined) return;
  if (text.text === undefined) {
    set.problems.push(place.problem(`The ConfigMap has no key ${key}.`));
    return;
  }
  putCedarFile({ set, native }, text, text.text);
}

function translateReference({ set, native }: Translation, reference: Written): void {
  const config = set.follow('MCPAuthzConfig', reference);
  if (config === undefined) return;
  const type = config.at('spec', 'type');
  if (type.text !== 'cedarv1') {
    set.problems.push(type.problem('Refused: policies here are written in Cedar.', 'cedarv1'));
    return;
  }
  const cedar = config.at('spec', 'config');
  if (cedar.isThere) putCedar({ set, native }, cedar);
}

type Sink = Pick<Translation, 'set' | 'native'>;

/** The file of a ConfigMap: `{ version, type: cedarv1, cedar: {…} }`. */
function putCedarFile(sink: Sink, place: Written, text: string): void {
  const file = parsed(text) === undefined ? undefined : embeddedDocuments(place, text)?.[0];
  const cedar = file?.at('cedar').isThere === true ? file.at('cedar') : file;
  const type = file?.at('type');
  if (cedar === undefined || !isFields(cedar.value) || (type?.isThere === true && type.text !== 'cedarv1'))
    sink.set.problems.push(place.problem('Expected JSON with type: cedarv1 and cedar.policies.'));
  else putCedar(sink, cedar);
}

const CEDAR_FIELDS: Readonly<Record<string, string>> = {
  policies: 'policies',
  entities_json: 'entitiesJson',
  entitiesJson: 'entitiesJson',
  group_claim_name: 'groupClaimName',
  groupClaimName: 'groupClaimName',
  role_claim_name: 'roleClaimName',
  roleClaimName: 'roleClaimName',
  group_entity_type: 'groupEntityType',
  groupEntityType: 'groupEntityType',
};

function putCedar({ set, native }: Sink, cedar: Written): void {
  if (!isFields(cedar.value)) {
    set.problems.push(cedar.problem('Expected fields, such as policies.'));
    return;
  }
  native.put([...PATH, 'policies'], undefined, cedar.at('policies'));
  for (const [name, written] of cedar.entries) {
    const ours = CEDAR_FIELDS[name];
    // `version` and `type` stand beside `cedar` where it is left out.
    if (ours === undefined && FILE_FIELDS.includes(name) && cedar.path.length === 0) continue;
    if (ours === undefined)
      set.problems.push(
        written.problem(`Refused: ${name} is not read here. Known: ${Object.keys(CEDAR_FIELDS).join(', ')}.`),
      );
    else if (!(ours === 'entitiesJson' && isEmpty(written.value)))
      native.put([...PATH, ours], written.value, written);
  }
}

const FILE_FIELDS = ['version', 'type'];

function putPolicies(native: Translation['native'], policies: Written, entities: Written): void {
  native.put([...PATH, 'policies'], policies.value, policies);
  if (entities.isThere && !isEmpty(entities.value))
    native.put([...PATH, 'entitiesJson'], entities.value, entities);
}

const isEmpty = (entities: unknown): boolean =>
  typeof entities === 'string' && /^\s*(?:\[\s*\])?\s*$/.test(entities);

/** Policies of the seed system read the groups in the provider's token; here the access token carries them. */
function mapGroups({ native, gateway }: Translation, from: Written): void {
  const written = native.read([...PATH, 'groupClaimName']);
  const fallbacks = written === undefined ? FALLBACKS : [];
  const source = sourceOfClaims(gateway.at('spec', 'authServerConfig'));
  if (source === undefined) {
    if (fallbacks.length > 0) native.put([...PATH, 'groupClaimFallbacks'], fallbacks, from);
    return;
  }
  const names = [written ?? GROUP_CLAIM, ...fallbacks, native.read([...PATH, 'roleClaimName'])];
  const claims = [...new Set(names)].filter(
    (name) => typeof name === 'string' && name !== '' && !OWN_CLAIMS.has(name),
  );
  if (claims.length === 0) return;
  native.put(
    ['authServer', 'claimMappings'],
    { from: source, claims: claims.map((claim) => mapped(String(claim))) },
    from,
  );
  // By the names that they have in the access token.
  for (const field of ['groupClaimName', 'roleClaimName']) {
    const name = native.read([...PATH, field]);
    if (typeof name === 'string' && mapped(name).as !== undefined)
      native.put([...PATH, field], mapped(name).as, from);
  }
  if (fallbacks.length > 0)
    native.put(
      [...PATH, 'groupClaimFallbacks'],
      fallbacks.map((name) => mapped(name).as ?? name),
      from,
    );
}

/** Names of other characters are none for a claim of an access token of ours. */
const mapped = (claim: string): { readonly claim: string; readonly as?: string } =>
  /^\w+$/.test(claim) ? { claim } : { claim, as: claim.replaceAll(/\W+/g, '_') };

/** Where the provider that decides who the person is says more about them. */
function sourceOfClaims(authServer: Written): 'idToken' | 'userInfo' | undefined {
  const providers = authServer.at('upstreamProviders').items;
  const name = authServer.at('primaryUpstreamProvider').text;
  const primary = name === undefined ? providers[0] : providers.find((one) => one.at('name').text === name);
  if (primary?.at('type').text === 'oidc') return 'idToken';
  return primary?.at('oauth2Config', 'userInfo').isThere === true ? 'userInfo' : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
