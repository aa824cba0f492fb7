/**
 * The contract of links, in a page, over the browser's WebSockets; a server joins two of them (pair-server.ts).
 */
import type { Link } from '../../../core/link.ts';
import { Knock } from '../../../web/links/knock.ts';
import { WebSocketTransport } from '../../../web/links/websocket.ts';
import { TabTimers } from '../../../web/timers.ts';
import { linkContract } from '../../contract/link.ts';

const transport = new WebSocketTransport(new TabTimers(), new Knock());
const server = new URL(location.href).searchParams.get('pairs');
let pairs = 0;

linkContract('WebSocket', async () => {
  const address = `${server}/${pairs++}`;
  const [a, b] = await Promise.all([transport.dial(address, 5_000), transport.dial(address, 5_000)]);
  return { a, b: asAccepted(b), dispose: async () => undefined };
});

/** Both ends were dialled here, for a page accepts nothing. */
function asAccepted(link: Link): Link {
  const { carrier, address, remote } = link;
  return {
    carrier,
    address,
    remote,
    dialled: false,
    attach: (events) => link.attach(events),
    send: (bytes) => link.send(bytes),
    close: (reason) => link.close(reason),
  };
}
