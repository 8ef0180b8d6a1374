const drawing = (color: string): string => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" rx="2" fill="${color}"/></svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
};

const BRANDING = `  branding:
    name: Acme Tools
    logo: ${drawing('#7a1f5c')}
    color: "#7a1f5c"
    supportUrl: mailto:help@acme.example
    termsUrl: https://acme.example/terms
`;

export const TELEVISION_SECRET = 'a-secret-of-a-television-in-a-living-room';
const ACCESS = [
  'permit(principal, action, resource);',
  'forbid(principal, action, resource) when { principal has verifiedEmail && principal.verifiedEmail like "mallory@*" };',
];

/** The demonstration, as an operator would make it their own. */
const branded = (yaml: string): string =>
  yaml
    .replace(/^authServer:\n/m, (line) => line + BRANDING)
    .replace(
      /^( +)- name: octo\b.*\n/m,
      (line, indent: string) =>
        `${line}${indent}  displayName: Octo Code\n${indent}  logo: ${drawing('#24292f')}\n${indent}  scopeDescriptions: { repo: read and change your repositories }\n`,
    )
    .replace(/\{ name: repos,/, `{ name: repos, displayName: Repositories, logo: "${drawing('#1f5f4a')}",`);

const complete = (yaml: string, administrationPort: number): string =>
  branded(yaml)
    .replace(
      'clientRegistration: { metadataDocuments: { enabled: false } }',
      `deviceFlow: {}
  administration: { port: ${administrationPort}, access: { policies: ['permit(principal, action, resource);'] } }
  access: { policies: ${JSON.stringify(ACCESS)}, contact: it@acme.example }
  clientRegistration:
    metadataDocuments: { enabled: false }
    clients:
      - { clientId: television, clientName: Television, clientSecret: { env: TELEVISION_SECRET }, deviceFlow: true }
      - { clientId: console, clientName: Console, redirectUris: ['http://127.0.0.1/callback'], administers: true }`,
    )
    .replace('backends:\n', 'backends:\n  - { name: issues, url: http://127.0.0.1:9/mcp }\n')
    .replace(
      '  backends:\n',
      '  backends:\n    issues: { type: headerInjection, headerInjection: { headerName: X-Api-Key, perUser: { name: jira, label: Jira API token } } }\n',
    );

/** A third provider, which knows the person after the second. */
const third = (yaml: string): string => {
  const octo = /^ {4}- name: octo\b[^]*?(?=^\S)/m.exec(yaml)?.[0] ?? '';
  return yaml.replace(octo, () => `${octo.trimEnd()}\n${octo.replace(/name: octo\b.*/, 'name: octo-more')}`);
};

/** With all that has pages of its own: devices, secrets that people enter, administrators, somebody who may not sign in, a third provider. */
export const withEveryPage = (yaml: string, administrationPort: number): string =>
  complete(third(yaml), administrationPort);
