/**
 * Hundreds of ways to name a place inside, or nothing at all: what no relay may dial for anybody.
 */
/** One address of each special range, and its first and last where they are near what is public. */
const inside4 = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.1.2.3', '10.255.255.255'],
  ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ['127.0.0.1', '127.0.0.2', '127.1.2.3', '127.255.255.255'],
  ['168.63.129.16'],
  ['169.254.0.0', '169.254.169.254', '169.254.170.2', '169.254.255.255'],
  ['172.16.0.0', '172.17.0.1', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.192', '192.0.0.255'],
  ['192.0.2.1'],
  ['192.31.196.1'],
  ['192.52.193.1'],
  ['192.88.99.1'],
  ['192.168.0.0', '192.168.1.1', '192.168.255.255'],
  ['192.175.48.1'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.1'],
  ['203.0.113.1'],
  ['224.0.0.0', '224.0.0.251', '239.255.255.255'],
  ['240.0.0.0', '255.255.255.254', '255.255.255.255'],
].flat();

const inside6 = [
  '::',
  '::1',
  '0:0:0:0:0:0:0:1',
  '0000:0000:0000:0000:0000:0000:0000:0001',
  '::2',
  '100::1',
  '1fff:ffff::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:10::1',
  '2001:20::1',
  '2001:1ff:ffff::1',
  '2001:db8::1',
  '2001:DB8:ffff::1',
  '2620:4f:8000::1',
  '3fff::1',
  '3fff:fff:ffff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fdff::1',
  'fe80::1',
  'febf::1',
  'fec0::1',
  'ff00::1',
  'ff02::1',
  'ff0e::1',
];

const bytesOf = (ip: string) => ip.split('.').map(Number) as [number, number, number, number];
const group = (high: number, low: number) => ((high << 8) | low).toString(16);

/** An IPv4 address inside an IPv6 one, in each way there is. */
function embedded(ip: string): string[] {
  const [a, b, c, d] = bytesOf(ip);
  const [high, low] = [group(a, b), group(c, d)];
  return [
    `::ffff:${ip}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:ffff:${high}:${low}`,
    `::${high}:${low}`,
    `::ffff:0:${high}:${low}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b::${ip}`,
    `64:ff9b:1::${high}:${low}`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}::1`,
  ];
}

/** Spellings of an IPv4 address that one program or another reads. */
function spelt(ip: string): string[] {
  const [a, b, c, d] = bytesOf(ip);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const octal = (byte: number) => `0${byte.toString(8)}`;
  const hex = (byte: number) => `0x${byte.toString(16)}`;
  return [
    String(whole),
    `0x${whole.toString(16)}`,
    `0${whole.toString(8)}`,
    [a, b, c, d].map(octal).join('.'),
    [a, b, c, d].map(hex).join('.'),
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${hex(a)}.${octal(b)}.${c}.${d}`,
    `${a}.${b}.${c}.0${d}`,
    `0${ip}`,
    `${ip}.`,
    `${ip}..`,
  ];
}

const names = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  'inside.test-dns',
  'mixed.test-dns',
  'mapped.test-dns',
  'metadata.test-dns',
  'link-local.test-dns',
  'nowhere.test-dns',
  '127.0.0.1.nip.test-dns',
  'localhost.localdomain',
  'a.onion',
  'abc.webrtc.invalid',
  'x.invalid',
  '-a.test-dns',
  'a-.test-dns',
  'a..test-dns',
  '.test-dns',
  `${'a'.repeat(64)}.test-dns`,
  'a.0x7f',
  'a.1',
  '0x7f.1',
  '0x',
  '1',
  '0',
];

/** Each as `host:port`, or what somebody might take for one. Those that end in `.test-dns` are for a resolver of a test. */
export const probes: readonly string[] = [
  ...inside4.map((ip) => `${ip}:29092`),
  ...inside6.map((ip) => `[${ip}]:29092`),
  ...[
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '192.168.1.1',
    '172.17.0.1',
    '100.64.0.1',
    '127.8.9.10',
    '10.255.255.254',
    '192.168.255.1',
    '224.0.0.1',
    '198.18.0.1',
    '0.0.0.0',
  ].flatMap((ip) => [
    ...embedded(ip).map((spelling) => `[${spelling}]:29092`),
    ...spelt(ip).map((spelling) => `${spelling}:29092`),
  ]),
  ...names.map((name) => `${name}:29092`),
  ...[
    '',
    ':',
    'a',
    '93.184.215.14',
    '93.184.215.14:',
    '93.184.215.14:0',
    '93.184.215.14:1',
    '93.184.215.14:65536',
    '93.184.215.14:-1',
    '93.184.215.14:29092 ',
    ' 93.184.215.14:29092',
    '93.184.215.14:29092/x',
    'user@93.184.215.14:29092',
    'http://93.184.215.14:29092',
    '[93.184.215.14]:29092',
    '93.184.215.14%00:29092',
    '[fe80::1%eth0]:29092',
    '[2606:2800:21f:cb07::1]',
    '2606:2800:21f:cb07::1:29092',
    '[[2606:2800:21f:cb07::1]]:29092',
    'public.test-dns\u0000.test:29092',
    'public。test-dns:29092',
    '１２７.0.0.1:29092',
    '127.0.0.1\n:29092',
    '/etc/passwd:29092',
    '../../x:29092',
  ],
];
