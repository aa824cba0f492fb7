/**
 * The relay's one HTTP server: the page, `/healthz`, and WebSockets at `/signal` and `/peer/<network>`.
 *
 * It answers and hands over, and decides nothing about peers. What it does not know is 404; what is too much is 503 with
 * a reason, never silence.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { bridgeSocketOptions } from './bridge/bridge.ts';
import { keepHeartbeat } from './heartbeat.ts';
import { webSocketOptions } from './links/websocket.ts';
import type { Page } from './page.ts';
import { signalingOptions } from './signaling.ts';

export interface Services {
  readonly page: Page;
  signal(socket: WebSocket, host: string): void;
  /** What takes the links of a network's archive peer; undefined when there is none. */
  archive(network: string): ((socket: WebSocket, address: string) => void) | undefined;
  /** Undefined: nothing is carried. @param host by which the tab has come, @param client its address */
  readonly bridge: ((socket: WebSocket, host: string, client: string) => void) | undefined;
}

/** Sockets of each kind. A process may hold some thousand files open; each socket is one. */
const mostSockets = 4_096;
/** Both kinds, and browsers that load the page. */
const mostConnections = 10_000;
/** What open sockets have to take leave in, before the server hangs up. */
const leaveMs = 300;
const goingAway = 1001;

const plain = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };

export class RelayServer {
  readonly #http: Server;
  readonly #services: Services;
  readonly #signaling = new WebSocketServer({ ...signalingOptions, noServer: true });
  readonly #bridged = new WebSocketServer({ ...bridgeSocketOptions, noServer: true });
  readonly #peers = new WebSocketServer({ ...webSocketOptions, noServer: true });
  #endHeartbeat: () => void = () => undefined;
  /** Until then whoever comes waits: its network may be there in a moment. */
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(services: Services) {
    this.#services = services;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.#http = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#http.maxConnections = mostConnections;
    this.#http.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      void this.#opened.then(() => this.#upgrade(request, socket, head));
    });
  }

  /** @returns the port, chosen by the system when 0 was asked for. @throws what `listen` of Node throws */
  async listen(host: string, port: number): Promise<number> {
    this.#http.listen(port, host);
    await once(this.#http, 'listening');
    this.#endHeartbeat = keepHeartbeat([this.#signaling, this.#peers, this.#bridged]);
    return (this.#http.address() as AddressInfo).port;
  }

  /** From now on WebSockets are taken, those that came before too. */
  open(): void {
    this.#open();
  }

  /** Takes nobody any more, and hangs up on who does not leave. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#endHeartbeat();
    // Those that still wait learn that it ends.
    this.#open();
    if (!this.#http.listening) return;
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeIdleConnections();
    const sockets = [...this.#signaling.clients, ...this.#peers.clients, ...this.#bridged.clients];
    for (const socket of sockets) socket.close(goingAway, 'the relay ends');
    const hangUp = setTimeout(() => {
      for (const socket of sockets) socket.terminate();
      this.#http.closeAllConnections();
    }, leaveMs);
    await closed;
    clearTimeout(hangUp);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    const path = pathOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { ...plain, Allow: 'GET, HEAD' }).end('GET and HEAD only\n');
    } else if (path === '/healthz') {
      response.writeHead(200, plain).end('ok\n');
    } else if (path === undefined || !(await this.#services.page.answer(path, request, response))) {
      response
        .writeHead(404, plain)
        .end(this.#isUnbuilt(path) ? 'The page is not built: npm run build\n' : 'Not found\n');
    }
  }

  #isUnbuilt(path: string | undefined): boolean {
    return path === '/' && !this.#services.page.isBuilt;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = pathOf(request);
    const network = path === undefined ? undefined : /^\/peer\/([^/]+)$/.exec(path)?.[1];
    if (this.#closing !== undefined) refuse(socket, 503, 'the relay ends');
    else if (path === '/signal')
      this.#accept(this.#signaling, request, socket, head, (opened) => this.#signal(opened, request));
    else if (path === '/bridge') this.#openBridge(request, socket, head);
    else if (network === undefined) refuse(socket, 404, 'there is nothing here');
    else this.#openPeer(network, request, socket, head);
  }

  #signal(opened: WebSocket, request: IncomingMessage): void {
    this.#services.signal(opened, request.headers.host ?? '');
  }

  #openBridge(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { bridge } = this.#services;
    if (bridge === undefined) {
      refuse(socket, 404, 'this relay carries no connections');
      return;
    }
    const { remoteAddress: ip = '', remotePort } = request.socket;
    const client = `${ip.includes(':') ? `[${ip}]` : ip}:${remotePort}`;
    this.#accept(this.#bridged, request, socket, head, (opened) => bridge(opened, request.headers.host ?? '', client));
  }

  #openPeer(network: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const accept = this.#services.archive(network);
    if (accept === undefined) {
      refuse(socket, 404, 'this relay does not serve that network');
      return;
    }
    const address = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
    this.#accept(this.#peers, request, socket, head, (opened) => accept(opened, address));
  }

  #accept(
    server: WebSocketServer,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    opened: (socket: WebSocket) => void,
  ): void {
    if (server.clients.size >= mostSockets)
      refuse(socket, 503, `this relay holds ${mostSockets} such connections already`);
    else server.handleUpgrade(request, socket, head, opened);
  }
}

/** Undefined when the target is no path of ours. */
function pathOf(request: IncomingMessage): string | undefined {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** An answer in place of the upgrade. */
function refuse(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
