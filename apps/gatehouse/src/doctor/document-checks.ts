import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { asked, type Party } from './asked.js';
import type { Check } from './finding.js';

/** Where the metadata documents of known clients are, if every host is allowed. */
const KNOWN_HOSTS = ['claude.ai'];

/** The way from the authorization server to the metadata documents of clients. */
export function documentChecks(
  { clientRegistration, wayOut }: AuthorizationServerPart,
  withinMs: number,
): readonly Check[] {
  const { enabled, allowedHosts, allowPrivateIps } = clientRegistration.metadataDocuments;
  if (!enabled) return [];
  const hosts = allowedHosts.includes('*')
    ? KNOWN_HOSTS
    : allowedHosts.filter((host) => !host.startsWith('*'));
  return hosts.map((host) => {
    const party: Party = {
      kind: 'metadata-documents',
      about: `metadata documents at ${host}`,
      egress: { allowPrivateIps, insecureAllowHttp: false, wayOut },
      withinMs,
    };
    return {
      about: party.about,
      run: async () => {
        const answer = await asked(party, { url: `https://${host}/` });
        if (answer.ok) return [];
        return [
          {
            ...answer.finding,
            cause: `Clients with a metadata document there cannot become known. ${answer.finding.cause}`,
            fix: `${answer.finding.fix} Without a way to the internet: metadataDocuments.enabled: false, and clients register themselves.`,
          },
        ];
      },
    };
  });
}
