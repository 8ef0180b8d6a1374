// Made by tools/manifest-fields.mjs: v1alpha1 and v1beta1 have the same fields.
export const VIRTUAL_MCP_SERVER_FIELDS = `
.: passthroughHeaders[] podTemplateSpec* replicas# serviceAccount serviceType=ClusterIP|NodePort|LoadBalancer sessionAffinity=ClientIP|None
authServerConfig: allowConfidentialClientRegistration? authorizationEndpointBaseUrl baselineClientScopes[] disableUpstreamTokenInjection? forceConfidentialRedirectUris[] insecureAllowConfidentialOverLoopbackHTTP? insecureAllowHTTP? issuer! primaryUpstreamProvider
authServerConfig.cimd: cacheFallbackTtl cacheMaxSize# enabled!?
authServerConfig.delegateClients[]: audiences![] clientId! scopes![]
authServerConfig.delegateClients[].clientSecretRef!: key! name!
authServerConfig.hmacSecretRefs[]: key! name!
authServerConfig.signingKeySecretRefs[]: key! name!
authServerConfig.storage: type=memory|redis
authServerConfig.storage.redis: addr clusterMode? dialTimeout readTimeout writeTimeout
authServerConfig.storage.redis.aclUserConfig!:
authServerConfig.storage.redis.aclUserConfig.passwordSecretRef!: key! name!
authServerConfig.storage.redis.aclUserConfig.usernameSecretRef: key! name!
authServerConfig.storage.redis.sentinelConfig: db# masterName! sentinelAddrs[]
authServerConfig.storage.redis.sentinelConfig.sentinelService: name! namespace port#
authServerConfig.storage.redis.sentinelTls: insecureSkipVerify?
authServerConfig.storage.redis.sentinelTls.caCertSecretRef: key! name!
authServerConfig.storage.redis.tls: insecureSkipVerify?
authServerConfig.storage.redis.tls.caCertSecretRef: key! name!
authServerConfig.tokenLifespans: accessTokenLifespan authCodeLifespan refreshTokenLifespan
authServerConfig.trustedIssuers[]: actorClaim actorMatcher allowMayAct? allowPrivateIPs? allowedActors[] allowedDelegateClients[] expectedAudience insecureAllowHTTP? issuerUrl! jwksUrl
authServerConfig.trustedIssuers[].jwtBearerGrant: acceptedAudiences[] maxAssertionAge!
authServerConfig.trustedIssuers[].jwtBearerGrant.subjectBindings[]!: allowedResources![] subject!
authServerConfig.upstreamProviders[]!: name! type!=oidc|oauth2
authServerConfig.upstreamProviders[].oauth2Config: additionalAuthorizationParams{} allowPrivateIPs? authorizationEndpoint! clientId insecureAllowHTTP? redirectUri scopes[] tokenEndpoint!
authServerConfig.upstreamProviders[].oauth2Config.clientSecretRef: key! name!
authServerConfig.upstreamProviders[].oauth2Config.dcrConfig: discoveryUrl registrationEndpoint softwareId softwareStatement
authServerConfig.upstreamProviders[].oauth2Config.dcrConfig.initialAccessTokenRef: key! name!
authServerConfig.upstreamProviders[].oauth2Config.identityFromToken: emailPath namePath subjectPath!
authServerConfig.upstreamProviders[].oauth2Config.tokenResponseMapping: accessTokenPath! expiresInPath refreshTokenPath scopePath
authServerConfig.upstreamProviders[].oauth2Config.userInfo: additionalHeaders{} endpointUrl! httpMethod=GET|POST
authServerConfig.upstreamProviders[].oauth2Config.userInfo.fieldMapping: emailFields[] nameFields[] subjectFields[]
authServerConfig.upstreamProviders[].oidcConfig: additionalAuthorizationParams{} clientId! issuerUrl! redirectUri scopes[] subjectClaim
authServerConfig.upstreamProviders[].oidcConfig.clientSecretRef: key! name!
authServerConfig.upstreamProviders[].oidcConfig.userInfoOverride: additionalHeaders{} endpointUrl! httpMethod=GET|POST
authServerConfig.upstreamProviders[].oidcConfig.userInfoOverride.fieldMapping: emailFields[] nameFields[] subjectFields[]
config: groupRef metadata{} name passthroughHeaders[]
config.aggregation: conflictResolution=prefix|priority|manual defaultToolVisibility=allow|deny excludeAllTools?
config.aggregation.conflictResolutionConfig: prefixFormat priorityOrder[]
config.aggregation.tools[]: excludeAll? filter[] workload!
config.aggregation.tools[].overrides{}: description name
config.aggregation.tools[].overrides{}.annotations: destructiveHint? idempotentHint? openWorldHint? readOnlyHint? title
config.aggregation.tools[].toolConfigRef: name!
config.audit: component detectApplicationErrors? enabled? eventTypes[] excludeEventTypes[] includeRequestData? includeResponseData? logFile maxDataSize# maxDelegationDepth#
config.backends[]: caBundlePath metadata{} name! transport!=sse|streamable-http type=entry|'' url!
config.codeMode: enabled? parallelMaxConcurrency# stepLimit# toolCallTimeout
config.compositeToolRefs[]: name!
config.compositeTools[]: description name! parameters* timeout
config.compositeTools[].annotations: destructiveHint? idempotentHint? openWorldHint? readOnlyHint? title
config.compositeTools[].output: required[]
config.compositeTools[].output.properties{}!: default* description properties* type!=string|integer|number|boolean|object|array value
config.compositeTools[].steps[]!: arguments* collection condition defaultResults* dependsOn[] id! itemVar maxIterations# maxParallel# message schema* step* timeout tool type=tool|elicitation|forEach
config.compositeTools[].steps[].onCancel: action=skip_remaining|abort|continue
config.compositeTools[].steps[].onDecline: action=skip_remaining|abort|continue
config.compositeTools[].steps[].onError: action=abort|continue|retry retryCount# retryDelay
config.incomingAuth: type!
config.incomingAuth.authz: entitiesJson groupClaimName groupEntityType policies[] primaryUpstreamProvider roleClaimName type!
config.incomingAuth.oidc: audience! caBundlePath clientId! clientSecretEnv insecureAllowHttp? introspectionUrl issuer! jwksAllowPrivateIp? jwksUrl protectedResourceAllowPrivateIp? resource scopes[]
config.operational: logLevel=debug
config.operational.failureHandling: healthCheckInterval healthCheckTimeout partialFailureMode=fail|best_effort statusReportingInterval unhealthyThreshold#
config.operational.failureHandling.circuitBreaker: enabled? failureThreshold# timeout
config.operational.timeouts: default perWorkload{}
config.optimizer: embeddingHeaders{} embeddingModel embeddingProvider=tei|openai embeddingService embeddingServiceTimeout hybridSearchSemanticRatio maxToolsToReturn# semanticDistanceThreshold
config.outgoingAuth: source!
config.outgoingAuth.backends{}: type!
config.outgoingAuth.backends{}.awsSts: fallbackRoleArn region! roleClaim service sessionDuration# sessionNameClaim subjectProviderName
config.outgoingAuth.backends{}.awsSts.roleMappings[]: claim matcher priority# roleArn!
config.outgoingAuth.backends{}.headerInjection: headerName! headerValue headerValueEnv
config.outgoingAuth.backends{}.obo: audience cacheSkewSeconds# clientId clientSecret clientSecretEnv scopes[] subjectTokenProviderName tokenUrl!
config.outgoingAuth.backends{}.tokenExchange: audience clientId clientSecret clientSecretEnv scopes[] subjectProviderName subjectTokenType tokenUrl!
config.outgoingAuth.backends{}.upstreamInject: providerName!
config.outgoingAuth.backends{}.xaa: idpClientId idpClientSecret idpClientSecretEnv idpTokenUrl! insecureTargetTokenUrl? scopes[] subjectProviderName subjectTokenType targetAudience! targetClientId targetClientSecret targetClientSecretEnv targetResource targetTokenUrl!
config.outgoingAuth.default: type!
config.outgoingAuth.default.awsSts: fallbackRoleArn region! roleClaim service sessionDuration# sessionNameClaim subjectProviderName
config.outgoingAuth.default.awsSts.roleMappings[]: claim matcher priority# roleArn!
config.outgoingAuth.default.headerInjection: headerName! headerValue headerValueEnv
config.outgoingAuth.default.obo: audience cacheSkewSeconds# clientId clientSecret clientSecretEnv scopes[] subjectTokenProviderName tokenUrl!
config.outgoingAuth.default.tokenExchange: audience clientId clientSecret clientSecretEnv scopes[] subjectProviderName subjectTokenType tokenUrl!
config.outgoingAuth.default.upstreamInject: providerName!
config.outgoingAuth.default.xaa: idpClientId idpClientSecret idpClientSecretEnv idpTokenUrl! insecureTargetTokenUrl? scopes[] subjectProviderName subjectTokenType targetAudience! targetClientId targetClientSecret targetClientSecretEnv targetResource targetTokenUrl!
config.rateLimiting:
config.rateLimiting.perUser: maxTokens!# refillPeriod!
config.rateLimiting.shared: maxTokens!# refillPeriod!
config.rateLimiting.tools[]: name!
config.rateLimiting.tools[].perUser: maxTokens!# refillPeriod!
config.rateLimiting.tools[].shared: maxTokens!# refillPeriod!
config.sessionStorage: address db# keyPrefix provider!=memory|redis
config.telemetry: caCertPath customAttributes{} enablePrometheusMetricsPath? endpoint environmentVariables[] headers{} insecure? metricsEnabled? metricsOnTransportPort? prometheusPort# samplingRate serviceName serviceVersion tracingEnabled? useLegacyAttributes?
embeddingServerRef: name!
groupRef!: name!
imagePullSecrets[]: name
incomingAuth!: type!=anonymous|oidc
incomingAuth.authzConfig: groupClaimName groupEntityType roleClaimName type!=configMap|inline
incomingAuth.authzConfig.configMap: key name!
incomingAuth.authzConfig.inline: entitiesJson policies![] primaryUpstreamProvider
incomingAuth.authzConfigRef: name!
incomingAuth.oidcConfigRef: audience! name! resourceUrl scopes[]
outgoingAuth: source=discovered|inline
outgoingAuth.backends{}: type!=discovered|externalAuthConfigRef
outgoingAuth.backends{}.externalAuthConfigRef: name!
outgoingAuth.default: type!=discovered|externalAuthConfigRef
outgoingAuth.default.externalAuthConfigRef: name!
sessionStorage: address db# keyPrefix provider!=memory|redis
sessionStorage.passwordRef: key! name!
telemetryConfigRef: name! serviceName
`;
