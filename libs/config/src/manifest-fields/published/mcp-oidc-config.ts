// Made by tools/manifest-fields.mjs: v1alpha1 and v1beta1 have the same fields.
export const MCP_OIDC_CONFIG_FIELDS = `
.: type!=kubernetesServiceAccount|inline
inline: clientId insecureAllowHTTP? introspectionUrl issuer! jwksAllowPrivateIP? jwksAuthTokenPath jwksUrl protectedResourceAllowPrivateIP?
inline.caBundleRef:
inline.caBundleRef.configMapRef: key! name optional?
inline.clientSecretRef: key! name!
kubernetesServiceAccount: introspectionUrl issuer jwksUrl namespace serviceAccount useClusterAuth?
`;
