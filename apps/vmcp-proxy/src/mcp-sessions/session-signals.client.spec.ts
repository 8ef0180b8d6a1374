import { expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { ReplicaMailbox } from './replica-mailbox.js';
import { SessionSignals } from './session-signals.client.js';

test('an answer for another replica is said again: one that was away from the bus for a moment hears it', async () => {
  const mailbox = await ReplicaMailbox.make();
  const heard: unknown[] = [];
  let isAway = true;
  const publish = async (_event: unknown, payload: unknown): Promise<void> => {
    if (!isAway) heard.push(payload);
    await Promise.resolve();
  };
  const signals = new SessionSignals({ publish }, 'here');
  await signals.answered({ digest: 'session' }, mailbox.address, 'question', '{"result":{}}');
  expect(heard).toEqual([]);
  isAway = false;
  await until(() => heard.length > 0);
  const [{ sealed }] = heard as [{ readonly sealed: string }];
  expect(await mailbox.open(sealed)).toEqual({
    session: 'session',
    question: 'question',
    response: '{"result":{}}',
  });
});
