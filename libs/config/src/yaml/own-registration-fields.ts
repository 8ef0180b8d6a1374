import { z } from 'zod';
import { OWN_WORDS } from './checks.js';
import { block, checkedBlock, secret, text } from './fields.js';
import { OPENID_DCR_MISTAKES } from './mistakes.js';

const written = ({ value }: z.core.ParsePayload): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** There is one registration endpoint, written or found. */
const oneEndpoint = z.superRefine<object>(
  (value, context) => {
    const places = ['discoveryUrl', 'registrationEndpoint'].filter((place) => Object.hasOwn(value, place));
    if (places.length === 1) return;
    context.addIssue({
      code: OWN_WORDS,
      path: [places.length === 0 ? 'discoveryUrl' : 'registrationEndpoint'],
      message:
        places.length === 0
          ? 'Nothing says where to register: dcrConfig needs either discoveryUrl or registrationEndpoint.'
          : 'Only one of discoveryUrl and registrationEndpoint says where to register: write the one that counts.',
    });
  },
  { when: written },
);

/** This gateway is the provider's client by an id, or by a registration. */
export const isOneClient = z.superRefine<object>(
  (value, context) => {
    const [hasId, registers] = ['clientId', 'dcrConfig'].map((field) => Object.hasOwn(value, field));
    if (hasId === true && registers === true)
      context.addIssue({
        code: OWN_WORDS,
        path: ['dcrConfig'],
        message: 'Only one of clientId and dcrConfig makes this gateway a client: write the one that counts.',
      });
    if (hasId !== true && registers !== true)
      context.addIssue({
        code: OWN_WORDS,
        path: ['clientId'],
        message: 'This field is required.',
        params: { instead: 'clientId: gatehouse; or dcrConfig, where the provider lets clients register' },
      });
  },
  { when: written },
);

const initialAccessToken = secret(
  'Initial access token (RFC 7591 section 3), for a provider that lets nobody register without one. It is sent to the registration endpoint alone.',
);
const software = {
  softwareId: text('identifier', '`software_id` of the registration.').exactOptional(),
  softwareStatement: text(
    'identifier',
    '`software_statement` of the registration (RFC 7591 section 2.3). It is no secret.',
  ).exactOptional(),
};

export const dcrConfig = checkedBlock(
  'In the place of `clientId` and `clientSecret`: this gateway registers itself at the provider (RFC 7591), once for all replicas. What it is given is sealed in the vault. It is made anew when it expires, or when the provider does not know it any more.',
  {
    discoveryUrl: text(
      'url',
      'Metadata that names the `registration_endpoint` and the ways in which clients prove themselves (RFC 8414, or OpenID Connect Discovery). Its issuer has to be that of its URL.',
    ).exactOptional(),
    registrationEndpoint: text('url', 'In the place of `discoveryUrl`: where to register.').exactOptional(),
    initialAccessToken: initialAccessToken.exactOptional(),
    ...software,
  },
  oneEndpoint,
);

/** The discovery document of a provider of OpenID Connect is known already. */
export const openIdDcrConfig = block(
  'In the place of `clientId` and `clientSecret`: this gateway registers itself at the provider (OpenID Connect Registration, RFC 7591), once for all replicas. What it is given is sealed in the vault. It is made anew when it expires, or when the provider does not know it any more. `{}` is enough for a provider that lets everybody register.',
  {
    registrationEndpoint: text('url', 'Where to register.', {
      derived: '`registration_endpoint` of the discovery document',
    }).exactOptional(),
    initialAccessToken: initialAccessToken.exactOptional(),
    ...software,
  },
  { mistakes: OPENID_DCR_MISTAKES },
);
