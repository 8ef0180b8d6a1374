// Made by tools/manifest-fields.mjs: v1alpha1 and v1beta1 have the same fields.
export const MCP_REMOTE_PROXY_FIELDS = `
.: allowPrivateEndpoint? endpointPrefix podTemplateSpec* proxyPort# remoteUrl! replicas# serviceAccount sessionAffinity=ClientIP|None transport=sse|streamable-http trustProxyHeaders?
audit: enabled?
authServerRef: kind!=MCPExternalAuthConfig name!
authzConfig: groupClaimName groupEntityType roleClaimName type!=configMap|inline
authzConfig.configMap: key name!
authzConfig.inline: entitiesJson policies![] primaryUpstreamProvider
authzConfigRef: name!
externalAuthConfigRef: name!
groupRef: name!
headerForward: addPlaintextHeaders{}
headerForward.addHeadersFromSecret[]: headerName!
headerForward.addHeadersFromSecret[].valueSecretRef!: key! name!
oidcConfigRef: audience! name! resourceUrl scopes[]
resourceOverrides:
resourceOverrides.proxyDeployment: annotations{} labels{}
resourceOverrides.proxyDeployment.env[]: name! value!
resourceOverrides.proxyDeployment.imagePullSecrets[]: name
resourceOverrides.proxyDeployment.podTemplateMetadataOverrides: annotations{} labels{}
resourceOverrides.proxyService: annotations{} labels{}
resources:
resources.limits: cpu memory
resources.requests: cpu memory
sessionStorage: address db# keyPrefix provider!=memory|redis
sessionStorage.passwordRef: key! name!
telemetryConfigRef: name! serviceName
toolConfigRef: name!
`;
