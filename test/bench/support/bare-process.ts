/**
 * The least a relay could be: a bare WebSocket server that sends on to one of two sockets what the other has sent.
 *
 * What a round trip through it takes is the machine's own share in what is measured through the relay.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('listening', () => process.send?.(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`));
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    for (const other of server.clients) if (other !== socket) (other as WebSocket).send(data);
  });
});
