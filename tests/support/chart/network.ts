import { BlockList, isIPv4 } from 'node:net';
import { at, list, ofKind, text, words, type Manifest, type Tree } from './rendered.js';

/** Somebody on the network: a pod with labels, or an address outside of the cluster. */
export interface Party {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of its namespace; absent: it is no pod. */
  readonly namespace?: string;
  readonly address: string;
}

/** The namespace that the chart is installed into. */
export const OWN_NAMESPACE = 'gateway';

type Direction = 'Ingress' | 'Egress';

/** Who reaches whom, by the rules of NetworkPolicy (networking.k8s.io/v1): policies add up, and a pod that none selects is open. */
export class Network {
  private readonly policies: readonly Manifest[];

  constructor(manifests: readonly Manifest[]) {
    this.policies = ofKind(manifests, 'NetworkPolicy');
  }

  reaches(from: Party, to: Party, port: number, protocol = 'TCP'): boolean {
    return (
      this.allows('Egress', from, to, port, protocol) && this.allows('Ingress', to, from, port, protocol)
    );
  }

  private allows(direction: Direction, of: Party, other: Party, port: number, protocol: string): boolean {
    if (of.namespace !== OWN_NAMESPACE) return true;
    const selecting = this.policies.filter(
      (policy) =>
        list(at(policy, 'spec', 'policyTypes')).includes(direction) &&
        selects(at(policy, 'spec', 'podSelector'), of.labels),
    );
    if (selecting.length === 0) return true;
    const [rules, peers] = direction === 'Ingress' ? ['ingress', 'from'] : ['egress', 'to'];
    return selecting
      .flatMap((policy) => list(at(policy, 'spec', rules)))
      .some((rule) => hasPort(rule, port, protocol) && hasPeer(at(rule, peers), other));
  }
}

function hasPort(rule: Tree, port: number, protocol: string): boolean {
  const ports = at(rule, 'ports');
  if (ports === undefined) return true;
  return list(ports).some((one) => {
    const first = Number(at(one, 'port'));
    const last = Number(at(one, 'endPort') ?? first);
    return (at(one, 'protocol') ?? 'TCP') === protocol && first <= port && port <= last;
  });
}

/** No list of peers is everybody; an address block is taken to hold pods as well, since some networks see them so. */
function hasPeer(peers: Tree | undefined, other: Party): boolean {
  if (peers === undefined || list(peers).length === 0) return true;
  return list(peers).some((peer) => {
    const block = at(peer, 'ipBlock');
    if (block !== undefined) return isInside(block, other.address);
    if (other.namespace === undefined) return false;
    const namespaces = at(peer, 'namespaceSelector');
    const isThere =
      namespaces === undefined
        ? other.namespace === OWN_NAMESPACE
        : selects(namespaces, { 'kubernetes.io/metadata.name': other.namespace });
    const pods = at(peer, 'podSelector');
    return isThere && (pods === undefined || selects(pods, other.labels));
  });
}

function isInside(block: Tree, address: string): boolean {
  const holds = (range: Tree): boolean => {
    const [net = '', prefix] = text(range).split('/');
    const family = isIPv4(net) ? 'ipv4' : 'ipv6';
    if (isIPv4(net) !== isIPv4(address)) return false;
    const blocks = new BlockList();
    blocks.addSubnet(net, Number(prefix), family);
    return blocks.check(address, family);
  };
  return holds(at(block, 'cidr') ?? '') && !list(at(block, 'except')).some(holds);
}

/** By `matchLabels` alone; a policy that selects otherwise cannot be computed here. */
function selects(selector: Tree | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (at(selector, 'matchExpressions') !== undefined) throw new Error('matchExpressions are not computed');
  return Object.entries(words(at(selector, 'matchLabels'))).every(([name, value]) => labels[name] === value);
}
