import { expect, it } from 'vitest';
import { measure } from '../../../relay/measures.ts';
import { Metrics } from '../../../relay/metrics.ts';

it('reads the numbers of a relay as they are when somebody asks', async () => {
  const metrics = new Metrics();
  const server = { sockets: { signal: 2, peer: 1 }, connections: 7 };
  const rooms = new Map([['main', 2]]);
  const archives = new Map();
  const bridge = { figures: { connections: 4, ports: 1 } };
  measure(metrics, { server, signaling: { members: () => rooms.entries() }, archives, bridge });
  const peer = { status: { height: 12 }, known: new Set(['a', 'b', 'c']), connected: new Set(['a']) };
  archives.set('main', { peer, failure: undefined });
  archives.set('other', { peer: { status: { height: 0 }, known: new Set(), connected: new Set() }, failure: 'disk' });
  server.sockets.signal = 3;
  rooms.set('other', 0);
  const lines = (await metrics.text()).split('\n').filter((line) => /^mccloud_(?!process|nodejs)/.test(line));
  expect(lines).toEqual([
    'mccloud_sockets{door="signal"} 3',
    'mccloud_sockets{door="peer"} 1',
    'mccloud_connections 7',
    'mccloud_room_members{network="main"} 2',
    'mccloud_room_members{network="other"} 0',
    'mccloud_bridge_connections 4',
    'mccloud_bridge_ports 1',
    'mccloud_archive_height{network="main"} 12',
    'mccloud_archive_height{network="other"} 0',
    'mccloud_archive_known{network="main"} 3',
    'mccloud_archive_known{network="other"} 0',
    'mccloud_archive_connected{network="main"} 1',
    'mccloud_archive_connected{network="other"} 0',
    'mccloud_archive_failed{network="main"} 0',
    'mccloud_archive_failed{network="other"} 1',
  ]);
});
