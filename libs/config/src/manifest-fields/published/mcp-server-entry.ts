// Made by tools/manifest-fields.mjs: v1alpha1 and v1beta1 have the same fields.
export const MCP_SERVER_ENTRY_FIELDS = `
.: allowPrivateEndpoint? remoteUrl! transport!=sse|streamable-http
caBundleRef:
caBundleRef.configMapRef: key! name optional?
externalAuthConfigRef: name!
groupRef!: name!
headerForward: addPlaintextHeaders{}
headerForward.addHeadersFromSecret[]: headerName!
headerForward.addHeadersFromSecret[].valueSecretRef!: key! name!
`;
