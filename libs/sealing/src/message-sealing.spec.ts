import { expect, test } from '@jest/globals';
import { MessageNotForUs, MessageOpener, newMessageKeyPair, sealMessage } from './message-sealing.js';

test('a message opens for its recipient only, and shows nothing on the way', async () => {
  const [ours, theirs] = [await newMessageKeyPair(), await newMessageKeyPair()];
  const message = await sealMessage({ accessToken: 'token-value' }, ours.publicKey);
  expect(Buffer.from(message, 'base64url').toString('latin1')).not.toContain('token-value');
  await expect(new MessageOpener([theirs, ours]).open(message)).resolves.toEqual({
    accessToken: 'token-value',
  });
  await expect(new MessageOpener([theirs]).open(message)).rejects.toThrow(MessageNotForUs);
  await expect(new MessageOpener([ours]).open(message.slice(0, -4) + 'AAAA')).rejects.toThrow(
    MessageNotForUs,
  );
});

test('a message that names our key but another algorithm is refused', async () => {
  const ours = await newMessageKeyPair();
  const header = Buffer.from(
    JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: ours.publicKey.kid }),
  ).toString('base64url');
  await expect(
    new MessageOpener([ours]).open(`${header}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`),
  ).rejects.toThrow(MessageNotForUs);
});
