import { equalsInConstantTime } from '@gatehouse/kernel/digest';

/** A person of the demonstration world as one provider knows them. */
export interface Person {
  readonly subject: string;
  readonly login: string;
  readonly name: string;
  readonly email: string;
}

/** What differs between the directories of the two providers. */
export interface Directory {
  readonly subjectPrefix: string;
  readonly emailDomain: string;
  readonly organisation: string;
}

const LOGIN = /^[a-z0-9-]{1,32}$/;

/** Everybody's password; these accounts guard nothing. */
const PASSWORD = 'demo';

/** The person who may sign in with these words, if they are right. Every well-formed login name is accepted. */
export function signIn(directory: Directory, login: string, password: string): Person | undefined {
  return equalsInConstantTime(password, PASSWORD) ? personByLogin(directory, login) : undefined;
}

/** The person behind a subject identifier of this provider. */
export function personBySubject(directory: Directory, subject: string): Person | undefined {
  return subject.startsWith(directory.subjectPrefix)
    ? personByLogin(directory, subject.slice(directory.subjectPrefix.length))
    : undefined;
}

function personByLogin(directory: Directory, login: string): Person | undefined {
  if (!LOGIN.test(login)) return undefined;
  return {
    subject: `${directory.subjectPrefix}${login}`,
    login,
    name: `${login.charAt(0).toUpperCase()}${login.slice(1)} at ${directory.organisation}`,
    email: `${login}@${directory.emailDomain}`,
  };
}
