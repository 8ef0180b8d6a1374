import type { ProfileName } from '../model/profile-names.js';
import { airtable } from './airtable.js';
import { asana } from './asana.js';
import { atlassian } from './atlassian.js';
import { auth0 } from './auth0.js';
import { bitbucket } from './bitbucket.js';
import { box } from './box.js';
import { cognito } from './cognito.js';
import { dex } from './dex.js';
import { discord } from './discord.js';
import { dropbox } from './dropbox.js';
import { entra, entraOrganizations } from './entra.js';
import { figma } from './figma.js';
import { github } from './github.js';
import { gitlab } from './gitlab.js';
import { google } from './google.js';
import { hubspot } from './hubspot.js';
import { hydra } from './hydra.js';
import { keycloak } from './keycloak.js';
import { linear } from './linear.js';
import { notion } from './notion.js';
import { okta } from './okta.js';
import type { Profile } from './profile.js';
import { salesforce } from './salesforce.js';
import { slack } from './slack.js';
import { zitadel } from './zitadel.js';
import { zoom } from './zoom.js';

/** Every profile, by what is written as `provider:`. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  airtable,
  asana,
  atlassian,
  auth0,
  bitbucket,
  box,
  cognito,
  dex,
  discord,
  dropbox,
  entra,
  'entra-organizations': entraOrganizations,
  figma,
  github,
  gitlab,
  google,
  hubspot,
  hydra,
  keycloak,
  linear,
  notion,
  okta,
  salesforce,
  slack,
  zitadel,
  zoom,
};
