import { Module } from '@nestjs/common';
import { within } from '@gatehouse/config/model/client-limits';
import type { Clock } from '@gatehouse/kernel/clock';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Database } from '@gatehouse/persistence/database';
import { Provider, type AdapterFactory } from 'oidc-provider';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { ClientCertificates } from '@gatehouse/service-process/client-certificates';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import { AttemptsModule } from '../attempts/attempts.module.js';
import { ClientTerms } from '../client-terms/client-terms.js';
import { ClientTermsModule } from '../client-terms/client-terms.module.js';
import { ClientExpiry } from '../clients/client-expiry.store.js';
import { ClientKeySets } from '../clients/client-key-sets.flow.js';
import { ClientDocuments } from '../clients/client-documents.flow.js';
import { ClientSecrets } from '../clients/client-secrets.store.js';
import { ClientsModule } from '../clients/clients.module.js';
import { RegistrationTokens } from '../clients/registration-tokens.store.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { RedeemRefreshToken } from '../refresh-tokens/redeem-refresh-token.flow.js';
import { RefreshTokensModule } from '../refresh-tokens/refresh-tokens.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { CookieKeys } from '../signing-keys/cookie-keys.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { WatchSigningKeys } from '../signing-keys/watch-signing-keys.job.js';
import { VaultModule } from '../vault/vault.module.js';
import { AssertedPeople } from './asserted-people.flow.js';
import { AuthorizationRequests } from './authorization-requests.flow.js';
import { BrowserSessions } from './browser-sessions.flow.js';
import { checkCodeProof } from './code-proof.js';
import { checkTarget } from './code-target.js';
import { createProvider } from './create-provider.js';
import { DeviceAnswers } from './device-answers.flow.js';
import { DeviceAuthorizationController } from './device-authorization.controller.js';
import { DeviceCodes } from './device-codes.store.js';
import { DeviceRequestIds } from './device-request-ids.js';
import { DeviceRequests } from './device-requests.flow.js';
import { EndGrant } from './end-grant.flow.js';
import { GrantedClaims } from './granted-claims.flow.js';
import { HandOutCode } from './hand-out-code.flow.js';
import type { LibraryParts } from './library-configuration.js';
import { Introspection } from './introspection.flow.js';
import { IntrospectionController } from './introspection.controller.js';
import { LibraryHooks } from './library-hooks.flow.js';
import { MappedClaims } from './mapped-claims.flow.js';
import { OAuthController } from './oauth.controller.js';
import { OwnAccessTokens } from './own-access-tokens.flow.js';
import { OwnRefreshTokens } from './own-refresh-tokens.flow.js';
import { PushedRequestsController } from './pushed-requests.controller.js';
import { recordAdapterFactory } from './record-adapter.store.js';
import { RecordExpiry } from './record-expiry.store.js';
import { RedeemAssertion } from './redeem-assertion.flow.js';
import { RegistrationController } from './registration.controller.js';
import { RegistrationManagementController } from './registration-management.controller.js';
import { RefreshTokenSeam } from './refresh-token-seam.flow.js';
import { ResumedRequestsController } from './resumed-requests.controller.js';
import { RevokeAccessToken } from './revoke-access-token.flow.js';
import { ExchangeToken } from './exchange-token.flow.js';
import { UsedProofs } from './used-proofs.store.js';
import { SessionAccess } from './session-access.flow.js';
import { TokenAccounts } from './token-accounts.flow.js';
import { TokenHolder } from './token-holder.flow.js';
import { USER_CODES, UserCodeDigests } from './user-code.js';
import { UserInfoController } from './user-info.controller.js';
import { UserInfo } from './user-info.flow.js';
import { USER_INFO_PROOFS, userInfoProofs } from './user-info-proofs.js';

/** Injection tokens of the library's storage, and of all that it is made from. */
const RECORDS = Symbol('oidc-provider records');
const PARTS = Symbol('oidc-provider parts');

/** The OAuth endpoints, and all that speaks to the library `oidc-provider`, which answers there. */
@Module({
  imports: [
    AccountsModule,
    AssertionsModule,
    AttemptsModule,
    ClientTermsModule,
    ClientsModule,
    RefreshTokensModule,
    SessionsModule,
    SigningKeysModule,
    VaultModule,
  ],
  controllers: [
    OAuthController,
    ResumedRequestsController,
    PushedRequestsController,
    RegistrationController,
    RegistrationManagementController,
    UserInfoController,
    IntrospectionController,
    DeviceAuthorizationController,
  ],
  providers: [
    TokenAccounts,
    SessionAccess,
    MappedClaims,
    EndGrant,
    RevokeAccessToken,
    OwnAccessTokens,
    OwnRefreshTokens,
    Introspection,
    TokenHolder,
    {
      provide: ClientCertificates,
      inject: [CONFIG, Log, CLOCK],
      useFactory: (
        { requestProtection, trustedProxies }: AuthorizationServerPart,
        log: Log,
        clock: Clock,
      ): ClientCertificates =>
        new ClientCertificates(requestProtection.mtls, trustedProxies, log, () => clock.nowMs()),
    },
    GrantedClaims,
    UserInfo,
    {
      provide: USER_INFO_PROOFS,
      inject: [CONFIG, CookieKeys, UsedProofs, CLOCK],
      useFactory: userInfoProofs,
    },
    RecordExpiry,
    UsedProofs,
    {
      provide: USER_CODES,
      inject: [CookieKeys],
      useFactory: (keys: CookieKeys) => new UserCodeDigests(keys.derive('user codes')),
    },
    DeviceCodes,
    DeviceAnswers,
    {
      provide: DeviceRequestIds,
      inject: [CookieKeys],
      useFactory: (keys: CookieKeys) => new DeviceRequestIds(keys.derive('device requests')),
    },
    DeviceRequests,
    ExchangeToken,
    AssertedPeople,
    RedeemAssertion,
    {
      provide: RECORDS,
      inject: [
        Database,
        ClientSecrets,
        EndGrant,
        MappedClaims,
        USER_CODES,
        CONFIG,
        RegistrationTokens,
        ClientExpiry,
        ClientTerms,
      ],
      useFactory: (
        ...[
          database,
          clientSecrets,
          endGrant,
          mapped,
          userCodes,
          config,
          registrationTokens,
          clientExpiry,
          terms,
        ]: [
          Database,
          ClientSecrets,
          EndGrant,
          MappedClaims,
          UserCodeDigests,
          AuthorizationServerPart,
          RegistrationTokens,
          ClientExpiry,
          ClientTerms,
        ]
      ) =>
        recordAdapterFactory({
          database,
          clientSecrets,
          userCodes,
          registrationTokens,
          onGrantEnded: async (grantId) => await endGrant.ended(grantId),
          limitsOf: (clientId) => terms.limitsOf(clientId),
          onSignInBegins: async (clientId) => await clientExpiry.signInBegins(clientId),
          beforeCodeIsUsed: async ({ grantId, resource, boundTo }) => {
            await checkCodeProof(Provider.ctx?.get('dpop'), boundTo);
            const asked = Provider.ctx?.oidc.params?.['resource'];
            const { resources } = terms.limitsOf(Provider.ctx?.oidc.client?.clientId);
            const { resourceUrls, administration } = config;
            const all = administration === undefined ? resourceUrls : [...resourceUrls, administration.url];
            checkTarget({ asked, granted: resource, configured: within(all, resources) });
            await mapped.of(grantId);
          },
        }),
    },
    {
      provide: LibraryHooks,
      inject: [RECORDS, TokenAccounts, IssuerUrls, AttemptCookies, RedeemRefreshToken],
      useFactory: (
        records: AdapterFactory,
        accounts: TokenAccounts,
        urls: IssuerUrls,
        attemptCookies: AttemptCookies,
        redemption: RedeemRefreshToken,
      ) => new LibraryHooks(records, accounts, urls, attemptCookies, new RefreshTokenSeam(redemption)),
    },
    {
      provide: PARTS,
      inject: [
        CONFIG,
        SigningKeys,
        CookieKeys,
        LibraryHooks,
        CLOCK,
        ClientDocuments,
        RevokeAccessToken,
        Introspection,
        ClientKeySets,
        UsedProofs,
        ExchangeToken,
        RedeemAssertion,
        WatchSigningKeys,
        ClientTerms,
        ClientCertificates,
      ],
      useFactory: (
        ...[
          config,
          signingKeys,
          cookieKeys,
          hooks,
          clock,
          documents,
          revocation,
          introspection,
          keySets,
          usedProofs,
          tokenExchange,
          assertions,
          watch,
          terms,
          certificates,
        ]: [
          AuthorizationServerPart,
          SigningKeys,
          CookieKeys,
          LibraryHooks,
          Clock,
          ClientDocuments,
          RevokeAccessToken,
          Introspection,
          ClientKeySets,
          UsedProofs,
          ExchangeToken,
          RedeemAssertion,
          WatchSigningKeys,
          ClientTerms,
          ClientCertificates,
        ]
      ): LibraryParts => ({
        config,
        signingKeys,
        cookieKeys,
        hooks,
        clock,
        documents,
        revocation,
        introspection,
        keySets,
        usedProofs,
        tokenExchange,
        assertions,
        watch,
        terms,
        certificates,
      }),
    },
    { provide: Provider, inject: [PARTS, Log, Metrics], useFactory: createProvider },
    AuthorizationRequests,
    HandOutCode,
    BrowserSessions,
  ],
  exports: [
    AuthorizationRequests,
    BrowserSessions,
    ClientCertificates,
    DeviceRequests,
    OwnAccessTokens,
    Provider,
    TokenHolder,
  ],
})
export class OAuthEndpointsModule {}
