import type { ProfileName } from '../model/profile-names.js';

type Words = Readonly<Record<string, string>>;

/** OpenID Connect Core, sections 5.4 and 11: the same at every provider. */
export const OPENID_WORDS: Words = {
  openid: 'know who you are there',
  profile: 'see your name and picture',
  email: 'see your email address',
  address: 'see your postal address',
  phone: 'see your telephone number',
  offline_access: 'stay connected while you are away',
};

const google = (scopes: Words): Words =>
  Object.fromEntries(
    Object.entries(scopes).map(([name, words]) => [`https://www.googleapis.com/auth/${name}`, words]),
  );

/** A scope of Microsoft Graph can be written with the resource before it. */
const graph = (scopes: Words): Words => ({
  ...scopes,
  ...Object.fromEntries(
    Object.entries(scopes).map(([name, words]) => [`https://graph.microsoft.com/${name}`, words]),
  ),
});

const microsoft = graph({
  'User.Read': 'read your profile',
  'Mail.Read': 'read your mail',
  'Mail.ReadWrite': 'read, change and delete your mail',
  'Mail.Send': 'send mail as you',
  'Calendars.Read': 'read your calendars',
  'Calendars.ReadWrite': 'read, change, share and delete your calendars',
  'Files.Read': 'read your files',
  'Files.ReadWrite': 'read, change, share and delete your files',
  'Files.Read.All': 'read all files that you can open',
  'Files.ReadWrite.All': 'read, change, share and delete all files that you can open',
  'Sites.Read.All': 'read all SharePoint sites that you can open',
  'Chat.Read': 'read your chats',
  'Tasks.Read': 'read your tasks',
  'Tasks.ReadWrite': 'read, change and delete your tasks',
});

/** What scopes let somebody do, as their provider documents them. A scope that is not here is shown by its name alone. */
export const SCOPE_WORDS: Partial<Readonly<Record<ProfileName, Words>>> = {
  airtable: {
    'user.email:read': 'see your email address',
    'data.records:read': 'read records',
    'data.records:write': 'create, change and delete records',
    'schema.bases:read': 'see how your bases are built',
    'schema.bases:write': 'change how your bases are built',
  },
  asana: { default: 'do everything that you can do there' },
  atlassian: {
    'read:me': 'read your profile',
    'read:jira-user': 'see people in Jira',
    'read:jira-work': 'read projects and issues in Jira',
    'write:jira-work': 'create, change and delete issues in Jira',
    'read:confluence-content.all': 'read pages in Confluence',
    'write:confluence-content': 'create, change and delete pages in Confluence',
  },
  discord: {
    identify: 'know who you are there',
    email: 'see your email address',
    guilds: 'see which servers you are in',
  },
  dropbox: {
    'account_info.read': 'read your profile',
    'files.metadata.read': 'see names and facts of your files',
    'files.content.read': 'read your files',
    'files.content.write': 'create, change and delete your files',
  },
  entra: microsoft,
  'entra-organizations': microsoft,
  figma: { 'current_user:read': 'read your profile', 'file_content:read': 'read your files' },
  github: {
    'read:user': 'read your profile',
    'user:email': 'see your email addresses',
    repo: 'read and change your repositories, private ones too, and who may use them',
    public_repo: 'read and change your public repositories, and who may change them',
    'read:org': 'see your organizations and teams',
    gist: 'create, change and delete your gists',
    workflow: 'change workflows of GitHub Actions',
    notifications: 'read your notifications and change what you are notified of',
    'read:project': 'read your projects',
    project: 'read, change and delete your projects',
  },
  gitlab: {
    api: 'do everything that you can do there',
    read_api: 'read everything that you can see there',
    read_user: 'read your profile',
    read_repository: 'read your repositories',
    write_repository: 'read and change your repositories',
  },
  google: google({
    drive: 'read, change, share and delete your files in Drive',
    'drive.readonly': 'read your files in Drive',
    'drive.file': 'use files in Drive that it made or that you opened with it',
    documents: 'read, change and delete your documents',
    'documents.readonly': 'read your documents',
    spreadsheets: 'read, change and delete your spreadsheets',
    'spreadsheets.readonly': 'read your spreadsheets',
    calendar: 'read, change, share and delete your calendars',
    'calendar.readonly': 'read your calendars',
    'contacts.readonly': 'read your contacts',
    'gmail.readonly': 'read your mail',
    'gmail.send': 'send mail as you',
    'gmail.modify': 'read, change and send your mail',
  }),
  linear: {
    read: 'read everything that you can see there',
    write: 'create, change and delete what you can change there',
    'issues:create': 'create issues',
    'comments:create': 'write comments',
  },
  salesforce: {
    api: 'read, change and delete the data that you can reach there',
    refresh_token: 'stay connected while you are away',
  },
  slack: {
    'users:read': 'see people of your workspace',
    'channels:read': 'see public channels',
    'channels:history': 'read messages in public channels',
    'groups:history': 'read messages in your private channels',
    'im:history': 'read your direct messages',
    'chat:write': 'send messages as you',
    'search:read': 'search what you can see',
    'files:read': 'read files that you can see',
  },
};
