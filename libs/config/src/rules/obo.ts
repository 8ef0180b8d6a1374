import type { Obo } from '../model/obo.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { MAX_OBO_SCOPES } from '../yaml/obo-fields.js';
import { DURATION_BOUNDS } from '../model/bounds.js';
import { certificateFindings } from './client-certificate.js';
import { strategiesOf, type Rule } from './rule.js';
import { within } from './time-bounds.js';

/** Whose token is shown, to whom, and for what. */
export const obo: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) => {
    if (value.type !== 'obo') return [];
    const block = [...path, 'obo'];
    const names = model.authServer?.upstreamProviders.map(({ name }) => name) ?? [];
    const isAmbiguous = value.subjectTokenProviderName === '' && names.length > 0;
    return [
      ...requestFindings(value, block),
      ...certificateFindings(value, block),
      ...within([...block, 'cacheSkew'], value.cacheSkewMs, DURATION_BOUNDS.cacheSkew),
      ...(isAmbiguous
        ? [
            {
              path: [...block, 'subjectTokenProviderName'],
              related: [['authServer', 'upstreamProviders']],
              message: `There are several providers: say whose token is shown. Known: ${names.join(', ')}.`,
            },
          ]
        : []),
    ];
  });

function requestFindings({ tokenUrl, tenant, scopes }: Obo<unknown>, path: Path): readonly Finding[] {
  const unused = (['tenantId', 'authority'] as const).filter(
    (field) => tenant[field] !== undefined && !tenant.isUsed,
  );
  if (unused.length > 0)
    return unused.map((field) => ({
      path: [...path, field],
      message: `${field} has no effect beside tokenUrl. Write one of the two.`,
    }));
  if (tokenUrl !== '' && tenant.isUsed) {
    const { tenantId = '', authority = '' } = tenant;
    if (/[/:]/.test(tenantId))
      return [
        {
          path: [...path, 'tenantId'],
          message: 'A tenant is its directory ID, or one of its domains, and no URL.',
          instead: 'a GUID, or acme.onmicrosoft.com; the origin of another cloud is the authority',
        },
      ];
    const url = URL.parse(authority);
    if (url !== null && url.pathname !== '/')
      return [
        {
          path: [...path, 'authority'],
          message: 'The tenant is put behind this: write the origin of the cloud alone.',
          instead: url.origin,
        },
      ];
  }
  if (tokenUrl === '')
    return [{ path: [...path, 'tenantId'], message: 'obo needs the tenantId, or the tokenUrl.' }];
  if (scopes.length === 0)
    return [{ path: [...path, 'scopes'], message: 'obo needs scopes, or the audience that they belong to.' }];
  return scopes.length > MAX_OBO_SCOPES
    ? [{ path: [...path, 'scopes'], message: `obo asks for ${MAX_OBO_SCOPES} scopes at most.` }]
    : [];
}
