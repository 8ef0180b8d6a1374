// Made by tools/manifest-fields.mjs: v1alpha1 and v1beta1 have the same fields.
export const MCP_SERVER_FIELDS = `
.: args[] backendReplicas# endpointPrefix image! mcpPort# podTemplateSpec* proxyMode=sse|streamable-http proxyPort# replicas# serviceAccount sessionAffinity=ClientIP|None transport=stdio|streamable-http|sse trustProxyHeaders?
audit: enabled?
authServerRef: kind!=MCPExternalAuthConfig name!
authzConfig: groupClaimName groupEntityType roleClaimName type!=configMap|inline
authzConfig.configMap: key name!
authzConfig.inline: entitiesJson policies![] primaryUpstreamProvider
authzConfigRef: name!
env[]: name! value!
externalAuthConfigRef: name!
groupRef: name!
oidcConfigRef: audience! name! resourceUrl scopes[]
permissionProfile: key name! type!=builtin|configmap
rateLimiting:
rateLimiting.perUser: maxTokens!# refillPeriod!
rateLimiting.shared: maxTokens!# refillPeriod!
rateLimiting.tools[]: name!
rateLimiting.tools[].perUser: maxTokens!# refillPeriod!
rateLimiting.tools[].shared: maxTokens!# refillPeriod!
resourceOverrides:
resourceOverrides.proxyDeployment: annotations{} labels{}
resourceOverrides.proxyDeployment.env[]: name! value!
resourceOverrides.proxyDeployment.imagePullSecrets[]: name
resourceOverrides.proxyDeployment.podTemplateMetadataOverrides: annotations{} labels{}
resourceOverrides.proxyService: annotations{} labels{}
resources:
resources.limits: cpu memory
resources.requests: cpu memory
secrets[]: key! name! targetEnvName
sessionStorage: address db# keyPrefix provider!=memory|redis
sessionStorage.passwordRef: key! name!
telemetryConfigRef: name! serviceName
toolConfigRef: name!
volumes[]: hostPath! mountPath! name! readOnly?
webhookConfigRef: name!
`;
