/** What objects say of themselves, and what the operator wrote. */
import { Cannot } from '../../set-up/say.mjs';
import { until } from '../until.mjs';
import { CONFIG_MAP, exampleObjects, GATEWAY, MISTAKES, objectOf, PROVIDER_SECRETS } from './example.mjs';

const SERVICES = ['authorization-server', 'token-vault', 'vmcp-proxy'];
const WRITTEN = [`configmap/${CONFIG_MAP}`, ...SERVICES.map((service) => `secret/${CONFIG_MAP}-${service}`)];

/** @returns {Promise<{type: string, status: string, reason: string, message: string} | undefined>} */
async function conditionOf(cluster, kind, name, type = 'Valid') {
  const { code, stdout } = await cluster.kubectl('get', kind, name, '--output=json');
  if (code !== 0) return undefined;
  return JSON.parse(stdout).status?.conditions?.find((one) => one.type === type);
}

/** Until the gateway is valid, and its configuration is written. */
export async function written(cluster) {
  for (const type of ['Valid', 'ConfigurationWritten'])
    await until(`${GATEWAY} has ${type}`, async () => {
      const condition = await conditionOf(cluster, 'virtualmcpserver', GATEWAY, type);
      return condition?.status === 'True';
    });
}

/** Each mistake stands in a condition and an event, with path and remedy, and changes nothing of what the services read. */
export async function sayMistakes(cluster) {
  for (const { kind, name, written: right, instead, says } of MISTAKES) {
    const object = objectOf(kind, name);
    if (!object.includes(right)) throw new Cannot(`${kind}/${name} of the example has no "${right}".`);
    const before = await versionsOfWritten(cluster);
    await cluster.apply(object.replace(right, instead));
    await until(`The gateway says ${says}`, async () => {
      const condition = await conditionOf(cluster, 'virtualmcpserver', GATEWAY);
      return condition?.status === 'False' && says.test(condition.message);
    });
    await until(`${kind}/${name} says ${says}`, async () => {
      const condition = await conditionOf(cluster, kind, name);
      return condition?.status === 'False' && says.test(condition.message);
    });
    await until(`An event says ${says}`, async () => {
      const { items } = JSON.parse(await cluster.must('get', 'events', '--output=json'));
      return items.some(({ type, message }) => type === 'Warning' && says.test(message));
    });
    const kept = await conditionOf(cluster, 'virtualmcpserver', GATEWAY, 'ConfigurationWritten');
    if (kept?.reason !== 'EarlierConfigurationKept' || (await versionsOfWritten(cluster)) !== before)
      throw new Cannot(`${kind}/${name} is wrong, and what the services read has changed.`);
    await cluster.apply(object);
    await written(cluster);
  }
  return `${MISTAKES.length} mistakes`;
}

/** Another text for each version of each of them. */
async function versionsOfWritten(cluster) {
  const list = JSON.parse(await cluster.must('get', ...WRITTEN, '--output=json'));
  return list.items.map(({ metadata }) => metadata.resourceVersion).join(' ');
}

/** What belongs to a gateway goes with it, and nothing else; applied again, it is written again. */
export async function deleteAndApplyAgain(cluster) {
  await cluster.must('delete', 'virtualmcpserver', GATEWAY, '--wait');
  await until('What was written is deleted with the gateway', async () => {
    const left = await cluster.must('get', ...WRITTEN, '--ignore-not-found', '--output=name');
    return left.trim() === '';
  });
  await until('Objects that no gateway is made of say nothing', async () => {
    const condition = await conditionOf(cluster, 'mcpexternalauthconfig', 'inject-github');
    return condition === undefined;
  });
  await cluster.must('get', 'secret', PROVIDER_SECRETS);
  await cluster.apply(exampleObjects().join('\n---\n'));
  await written(cluster);
  return `${WRITTEN.length} objects`;
}
