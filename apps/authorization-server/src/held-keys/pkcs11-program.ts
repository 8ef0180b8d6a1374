/**
 * Loads a PKCS #11 library and signs with its keys, in a process of its own: a library that hangs or crashes takes nothing along, and
 * the memory of the authorization server is out of its reach.
 */
import { Pkcs11Library, Pkcs11Refusal } from './pkcs11-library.js';
import type { Pkcs11Answer, Pkcs11Opening, Pkcs11Question } from './pkcs11-messages.js';
import { Pkcs11Tokens } from './pkcs11-token.js';

let tokens: Promise<Pkcs11Tokens> | undefined;

const opened = async ({ module, pin }: Pkcs11Opening): Promise<Pkcs11Tokens> =>
  new Pkcs11Tokens(await Pkcs11Library.load(module), pin);

async function answer(question: Pkcs11Question): Promise<Pkcs11Answer> {
  const { id } = question;
  try {
    if (tokens === undefined) throw new Error('nothing has been opened');
    const own = await tokens;
    return question.ask === 'publicKey'
      ? { id, publicKey: own.publicKey(question.key) }
      : { id, signature: own.sign(question.key, question.alg, question.digest) };
  } catch (error) {
    return {
      id,
      failed: error instanceof Error ? error.message : 'it failed',
      ...(error instanceof Pkcs11Refusal ? { code: error.code } : {}),
    };
  }
}

process.on('message', (message: Pkcs11Opening | Pkcs11Question) => {
  if ('ask' in message) void answer(message).then((reply) => process.send?.(reply));
  else {
    tokens = opened(message);
    // Each question is told.
    tokens.catch(() => undefined);
  }
});
process.on('disconnect', () => process.exit(0));
