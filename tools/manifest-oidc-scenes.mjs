const CONFIG = 'MCPOIDCConfig';

const withoutAuthServer = (all) => {
  delete all.find(({ kind }) => kind === 'VirtualMCPServer').spec.authServerConfig;
};

/**
 * Those of callers' tokens.
 * @type {readonly (readonly [kind: string, beginning: string, change: (spec: any, all: any) => void])[]}
 */
export const OIDC_SCENES = [
  [CONFIG, 'inline', (_spec, all) => withoutAuthServer(all)],
  [
    CONFIG,
    'kubernetesServiceAccount',
    (spec, all) => {
      withoutAuthServer(all);
      delete spec.inline;
      Object.assign(spec, {
        type: 'kubernetesServiceAccount',
        kubernetesServiceAccount: { namespace: 'a', useClusterAuth: true },
      });
    },
  ],
  [
    CONFIG,
    'inline.caBundleRef.configMapRef',
    (spec) => {
      spec.inline.caBundleRef = { configMapRef: { name: 'a', key: 'b' } };
    },
  ],
];
