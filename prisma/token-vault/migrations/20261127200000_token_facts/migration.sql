-- What operators are told of tokens (`gatehouse doctor`), so that nobody has to open one for it. A connection of a release before is known
-- by this from its next sign-in or renewal on. No secret.
alter table "connections"
  -- Whether a refresh token is among the tokens.
  add column "has_refresh_token" boolean,
  -- Whether the last renewal gave another refresh token than the one that was sent.
  add column "refresh_rotated" boolean,
  -- For whom the access token says that it is (`aud`), as far as it is a JWT. Nobody has verified it.
  add column "token_audiences" text[] not null default '{}';
-- The same of the token of an exchange.
alter table "exchanged_tokens" add column "token_audiences" text[] not null default '{}';
