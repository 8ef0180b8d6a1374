/** What the route is for at which providers say that somebody has signed out: see http-descriptions.mjs. */
export const providerLogout = {
  '/oauth/backchannel-logout/{provider}': {
    POST: {
      by: 'provider',
      about:
        'Where a provider of type `oidc` says that somebody has signed out there (OpenID Connect Back-Channel Logout).',
      statuses: {
        200: 'what it names has ended',
        400: '`invalid_request`: it is no logout token of this provider for this gateway',
        404: 'no provider of this name sends logout tokens',
        503: '`temporarily_unavailable`: send it again',
      },
      form: { logout_token: 'Signed by the provider as its id_tokens are.' },
    },
  },
};
