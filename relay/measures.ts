/**
 * The relay's numbers for `/metrics`: who is connected, who is in which room, how far each archive is.
 *
 * Only reads; what is counted while it happens (refusals, signals) is given to the metrics where it happens.
 */
import type { PeerFace } from '../core/face.ts';
import type { Metrics, Value } from './metrics.ts';

/** What is read of a relay. */
export interface Measured {
  readonly server: { readonly sockets: Readonly<Record<string, number>>; readonly connections: number };
  readonly signaling: { members(): Iterable<readonly [network: string, members: number]> };
  readonly archives: ReadonlyMap<string, MeasuredArchive>;
  /** Undefined when nothing is carried. */
  readonly bridge: { readonly figures: { readonly connections: number; readonly ports: number } } | undefined;
}

interface MeasuredArchive {
  readonly peer: Pick<PeerFace, 'status' | 'known' | 'connected'>;
  readonly failure: string | undefined;
}

export function measure(metrics: Metrics, { server, signaling, archives, bridge }: Measured): void {
  metrics.gauge('sockets', 'Open WebSockets by the door they came to', ['door'], () =>
    Object.entries(server.sockets).map(([door, count]): Value => [{ door }, count]),
  );
  metrics.gauge('connections', 'All open connections, WebSockets among them', [], () => [[{}, server.connections]]);
  metrics.gauge('room_members', 'Tabs in the room of each network', ['network'], function* (): Iterable<Value> {
    for (const [network, members] of signaling.members()) yield [{ network }, members];
  });
  const ofBridge = (name: 'connections' | 'ports', help: string): void =>
    metrics.gauge(`bridge_${name}`, help, [], () => [[{}, bridge?.figures[name] ?? 0]]);
  ofBridge('connections', 'Connections carried between tabs and TCP peers, or being opened');
  ofBridge('ports', 'TCP ports lent to tabs');
  const ofArchives = (name: string, help: string, read: (archive: MeasuredArchive) => number): void =>
    metrics.gauge(`archive_${name}`, help, ['network'], () =>
      [...archives].map(([network, archive]): Value => [{ network }, read(archive)]),
    );
  ofArchives('height', 'Blocks that the archive holds', ({ peer }) => peer.status.height);
  ofArchives('known', 'Keys that the archive knows to be online', ({ peer }) => peer.known.size);
  ofArchives('connected', 'Peers that the archive is linked with', ({ peer }) => peer.connected.size);
  ofArchives('failed', '1 when the archive has failed', ({ failure }) => (failure === undefined ? 0 : 1));
}
