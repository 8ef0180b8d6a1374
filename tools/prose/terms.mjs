/**
 * One word for one thing: the words of the standards (OAuth 2.1, OpenID Connect, RFC 8693, RFC 9728, MCP) and of ARCHITECTURE.md. What
 * is written as code is not looked at.
 * @type {readonly { instead: string, of: RegExp }[]}
 */
export const TERMS = [
  {
    instead: 'authorization server',
    of: /\b(auth(n|z)?|oauth2?|authentication|authorisation|token) server\b/gi,
  },
  { instead: 'protected resource', of: /\bresource servers?\b/gi },
  { instead: 'access token', of: /\b(access-token|accesstoken|oauth token|bearer access token)s?\b/gi },
  { instead: 'refresh token', of: /\b(refresh-token|refreshtoken|renewal token)s?\b/gi },
  { instead: 'id_token', of: /\b(id tokens?|id-tokens?|identity tokens?)\b/gi },
  { instead: 'JWT', of: /\bjwt tokens?\b/gi },
  { instead: 'redirect URI', of: /\bredirect(ion)? urls?\b/gi },
  { instead: 'identity provider', of: /\b(idps?|identity service|login provider|auth provider)\b/gi },
  { instead: 'authorization', of: /\bauthoris(e|ed|es|ing|ation)\b/gi },
  { instead: 'sign in', of: /\b(log(ged|ging)? in(to)?|log ?ons?)\b(?! page)/gi },
  { instead: 'sign out', of: /\blog(ged|ging)? ?out\b/gi },
  { instead: 'client id', of: /\bclient identifiers?\b/gi },
  { instead: 'client secret', of: /\b(client passwords?|app secrets?)\b/gi },
  { instead: 'custody log', of: /\bcustody trail\b/gi },
  { instead: 'OAuth 2', of: /\boauth ?2\.0\b|\boauth2\b/gi },
  { instead: 'configuration', of: /\bconfigs?\b/gi },
  { instead: 'environment variable', of: /\benv vars?\b/gi },
  { instead: 'repository', of: /\brepos\b(?! \(|_)/gi },
  { instead: 'Kubernetes', of: /\bk8s\b/gi },
  { instead: 'email', of: /\be-mails?\b/gi },
  { instead: 'for example', of: /\be\.g\./gi },
  { instead: 'that is', of: /\bi\.e\./gi },
];

/** Words that say nothing, or that sell. */
export const FILLERS =
  /\b(simply|just|easily|obviously|basically|actually|really|very|quite|of course|please|in order to|note that|as you can see|it should be noted|leverages?|utili[sz]es?|seamless(ly)?|robust|powerful|blazing(ly)?|effortless(ly)?|world-class|cutting-edge)\b/gi;
