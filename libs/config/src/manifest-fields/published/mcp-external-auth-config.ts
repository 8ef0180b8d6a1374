// Made by tools/manifest-fields.mjs: v1alpha1 and v1beta1 have the same fields.
export const MCP_EXTERNAL_AUTH_CONFIG_FIELDS = `
.: type!=tokenExchange|headerInjection|bearerToken|unauthenticated|embeddedAuthServer|awsSts|upstreamInject|obo|xaa
awsSts: fallbackRoleArn region! roleClaim service sessionDuration# sessionNameClaim subjectProviderName
awsSts.roleMappings[]: claim matcher priority# roleArn!
bearerToken:
bearerToken.tokenSecretRef!: key! name!
embeddedAuthServer: allowConfidentialClientRegistration? authorizationEndpointBaseUrl baselineClientScopes[] disableUpstreamTokenInjection? forceConfidentialRedirectUris[] insecureAllowConfidentialOverLoopbackHTTP? insecureAllowHTTP? issuer! primaryUpstreamProvider
embeddedAuthServer.cimd: cacheFallbackTtl cacheMaxSize# enabled!?
embeddedAuthServer.delegateClients[]: audiences![] clientId! scopes![]
embeddedAuthServer.delegateClients[].clientSecretRef!: key! name!
embeddedAuthServer.hmacSecretRefs[]: key! name!
embeddedAuthServer.signingKeySecretRefs[]: key! name!
embeddedAuthServer.storage: type=memory|redis
embeddedAuthServer.storage.redis: addr clusterMode? dialTimeout readTimeout writeTimeout
embeddedAuthServer.storage.redis.aclUserConfig!:
embeddedAuthServer.storage.redis.aclUserConfig.passwordSecretRef!: key! name!
embeddedAuthServer.storage.redis.aclUserConfig.usernameSecretRef: key! name!
embeddedAuthServer.storage.redis.sentinelConfig: db# masterName! sentinelAddrs[]
embeddedAuthServer.storage.redis.sentinelConfig.sentinelService: name! namespace port#
embeddedAuthServer.storage.redis.sentinelTls: insecureSkipVerify?
embeddedAuthServer.storage.redis.sentinelTls.caCertSecretRef: key! name!
embeddedAuthServer.storage.redis.tls: insecureSkipVerify?
embeddedAuthServer.storage.redis.tls.caCertSecretRef: key! name!
embeddedAuthServer.tokenLifespans: accessTokenLifespan authCodeLifespan refreshTokenLifespan
embeddedAuthServer.trustedIssuers[]: actorClaim actorMatcher allowMayAct? allowPrivateIPs? allowedActors[] allowedDelegateClients[] expectedAudience insecureAllowHTTP? issuerUrl! jwksUrl
embeddedAuthServer.trustedIssuers[].jwtBearerGrant: acceptedAudiences[] maxAssertionAge!
embeddedAuthServer.trustedIssuers[].jwtBearerGrant.subjectBindings[]!: allowedResources![] subject!
embeddedAuthServer.upstreamProviders[]!: name! type!=oidc|oauth2
embeddedAuthServer.upstreamProviders[].oauth2Config: additionalAuthorizationParams{} allowPrivateIPs? authorizationEndpoint! clientId insecureAllowHTTP? redirectUri scopes[] tokenEndpoint!
embeddedAuthServer.upstreamProviders[].oauth2Config.clientSecretRef: key! name!
embeddedAuthServer.upstreamProviders[].oauth2Config.dcrConfig: discoveryUrl registrationEndpoint softwareId softwareStatement
embeddedAuthServer.upstreamProviders[].oauth2Config.dcrConfig.initialAccessTokenRef: key! name!
embeddedAuthServer.upstreamProviders[].oauth2Config.identityFromToken: emailPath namePath subjectPath!
embeddedAuthServer.upstreamProviders[].oauth2Config.tokenResponseMapping: accessTokenPath! expiresInPath refreshTokenPath scopePath
embeddedAuthServer.upstreamProviders[].oauth2Config.userInfo: additionalHeaders{} endpointUrl! httpMethod=GET|POST
embeddedAuthServer.upstreamProviders[].oauth2Config.userInfo.fieldMapping: emailFields[] nameFields[] subjectFields[]
embeddedAuthServer.upstreamProviders[].oidcConfig: additionalAuthorizationParams{} clientId! issuerUrl! redirectUri scopes[] subjectClaim
embeddedAuthServer.upstreamProviders[].oidcConfig.clientSecretRef: key! name!
embeddedAuthServer.upstreamProviders[].oidcConfig.userInfoOverride: additionalHeaders{} endpointUrl! httpMethod=GET|POST
embeddedAuthServer.upstreamProviders[].oidcConfig.userInfoOverride.fieldMapping: emailFields[] nameFields[] subjectFields[]
headerInjection: headerName!
headerInjection.valueSecretRef!: key! name!
obo: audience authority cacheSkew clientId scopes[] subjectTokenProviderName tenantId
obo.clientSecretRef: key! name!
tokenExchange: audience! clientId externalTokenHeaderName scopes[] subjectProviderName subjectTokenType tokenUrl!
tokenExchange.clientSecretRef: key! name!
upstreamInject: providerName!
xaa: idpClientId idpTokenUrl! insecureTargetTokenUrl? scopes[] subjectProviderName subjectTokenType=@id_token targetAudience! targetClientId targetResource targetTokenUrl!
xaa.idpClientSecretRef: key! name!
xaa.targetClientSecretRef: key! name!
`;
