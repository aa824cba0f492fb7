/**
 * Which IP addresses a relay dials for nobody: all that are not the public internet's.
 *
 * Sources: IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890) and of multicast addresses. Of
 * IPv6 only global unicast, 2000::/3, is public; what lies in it and leads elsewhere is named. So nothing that carries an
 * IPv4 address inside gets by: mapped and compatible forms, NAT64 and its local prefix lie outside, 6to4 and Teredo are
 * named.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';

const special4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared by a provider's customers; one cloud's metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // another cloud's metadata, though its range is public
  '169.254.0.0/16', // link-local, and the metadata of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocols
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays, deprecated
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
];

const special6 = [
  '2001::/23', // IETF protocols: Teredo, ORCHID, benchmarks, …
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
];

const special = addressList([...special4, ...special6]);
const global6 = addressList(['2000::/3']);

/** @param ip in any form that Node takes for an IP address */
export function isSpecial(ip: string): boolean {
  if (isIPv6(ip)) return !global6.check(ip, 'ipv6') || special.check(ip, 'ipv6');
  return special.check(ip, 'ipv4');
}

/** An IP address, or a range of them such as `192.168.1.0/24`. */
export function isRange(text: string): boolean {
  const [ip = '', prefix, ...more] = text.split('/');
  const family = isIP(ip);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
}

/** @param ranges each of which `isRange` */
export function addressList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [ip = '', prefix] = range.split('/');
    const family = isIPv6(ip) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(ip, family);
    else list.addSubnet(ip, Number(prefix), family);
  }
  return list;
}
