import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** Whether an address lies in one of the networks. What is no address lies in none. */
export type InNetworks = (address: string) => boolean;

/** @param cidrs as the configuration has them: `192.0.2.0/24`, `2001:db8::/32` */
export function createInNetworks(cidrs: readonly string[]): InNetworks {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits = ''] = cidr.split('/');
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/** An address as it is written everywhere here: IPv4 not mapped into IPv6 (a dual-stack socket does so), without a zone. */
export function plainAddress(address: string): string {
  const [withoutZone = ''] = address.split('%', 1);
  const mapped = /^::ffff:(?:0:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutZone)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : withoutZone;
}

/** Who counts as one where somebody is limited: an IPv4 address, and the /64 of an IPv6 address, which is one subscriber. */
export function subscriberOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::', 2);
  const first = groupsOf(head);
  const last = groupsOf(tail ?? '');
  const groups = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/** The groups of 16 bits; an IPv4 address at the end stands for two, and is never among the first four. */
function groupsOf(text: string): string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
