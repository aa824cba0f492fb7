/**
 * The relay's one HTTP server, with TLS or without: the page, what operators ask, and WebSockets at `/signal` and
 * `/peer/<network>`.
 *
 * It answers and hands over, and decides nothing about peers. What it does not know is 404; a page that may not connect
 * is 403 and what is too much 503, with a reason, never silence.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo, DropArgument, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { bridgeSocketOptions } from './bridge/bridge.ts';
import { addressOf, clientAddress } from './client-address.ts';
import { keepHeartbeat } from './heartbeat.ts';
import { webSocketOptions } from './links/websocket.ts';
import { Lobby, lobbyLimits, requestTimes } from './lobby.ts';
import { isLoopback } from './open.ts';
import type { Operations } from './operations.ts';
import { foreignName, isPassedOn, originRefusal } from './origins.ts';
import type { Page } from './page.ts';
import type { Refused } from './refusals.ts';
import { signalingOptions } from './signaling.ts';
import type { TlsPair } from './tls.ts';

export interface Services {
  readonly page: Page;
  readonly operations: Operations;
  readonly refused: Refused;
  /**
   * @param host the `Host` header
   * @param from where it comes from, `host:port`
   * @param spoke to be called when it has said what it is for
   */
  signal(socket: WebSocket, host: string, from: string, spoke: () => void): void;
  /** What takes the links of a network's archive peer; undefined when there is none. */
  archive(network: string): ((socket: WebSocket, from: string) => void) | undefined;
  /** Undefined: nothing is carried. */
  readonly bridge: Services['signal'] | undefined;
}

export interface ServerOptions {
  /** Undefined: plain http. */
  readonly tls: TlsPair | undefined;
  readonly behindProxy: boolean;
  readonly origins: readonly string[];
  /** WebSockets of each kind. */
  readonly maxSockets: number;
  /** All kinds, and browsers that load the page. */
  readonly maxConnections: number;
}

/** How many may have connected and not been looked at yet: after a relay's restart all its tabs come at once. */
const acceptBacklog = 4_096;
/** A TLS handshake takes two round trips; by Tor some seconds. */
const tlsHandshakeMs = 15_000;
/** What open sockets have to take leave in, before the server hangs up. */
const leaveMs = 300;
/** To tell thousands takes as long by itself; the last of them have this. */
const leastLeaveMs = 50;
const mostHeardOut = 1_000;
const goingAway = 1001;

const plain = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };

export class RelayServer {
  readonly #http: Server | SecureServer;
  readonly #services: Services;
  readonly #options: ServerOptions;
  readonly #signaling = new WebSocketServer({ ...signalingOptions, noServer: true });
  readonly #bridged = new WebSocketServer({ ...bridgeSocketOptions, noServer: true });
  readonly #peers = new WebSocketServer({ ...webSocketOptions, noServer: true });
  readonly #lobby: Lobby;
  readonly #connections = new Set<Socket>();
  /** Listens where only this machine reaches it. */
  #loopbackOnly = false;
  #endHeartbeat: () => void = () => undefined;
  /** Until then whoever comes waits: its network may be there in a moment. */
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(services: Services, options: ServerOptions) {
    this.#services = services;
    this.#options = options;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(request, response).catch(() => response.destroy());
    };
    const { tls, maxConnections, behindProxy } = options;
    // A proxy's address is one for all.
    this.#lobby = new Lobby(behindProxy ? { ...lobbyLimits, mostOfOneSource: lobbyLimits.most } : lobbyLimits);
    this.#http =
      tls === undefined
        ? createServer(requestTimes, answer)
        : createSecureServer({ ...tls, ...requestTimes, handshakeTimeout: tlsHandshakeMs }, answer);
    this.#http.maxConnections = maxConnections;
    this.#lobby.watch(this.#http);
    this.#http.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.#http.on('drop', (dropped) => this.#dropped(dropped));
    this.#http.on('upgrade', (request, socket, head) => {
      socket.on('error', destroyed);
      void this.#opened.then(() => this.#upgrade(request, socket, head));
    });
  }

  /** @returns the port, chosen by the system when 0 was asked for. @throws what `listen` of Node throws */
  async listen(host: string, port: number): Promise<number> {
    this.#http.listen({ port, host, backlog: acceptBacklog });
    await once(this.#http, 'listening');
    this.#endHeartbeat = keepHeartbeat([this.#signaling, this.#peers, this.#bridged]);
    const bound = this.#http.address() as AddressInfo;
    this.#loopbackOnly = isLoopback(bound.address);
    return bound.port;
  }

  /** Those who come from now on are shown this certificate. Only for a server that was begun with one. */
  useTls(pair: TlsPair): void {
    if ('setSecureContext' in this.#http) this.#http.setSecureContext(pair);
  }

  /** How many there are of each kind of WebSocket. */
  get sockets(): { readonly signal: number; readonly peer: number; readonly bridge: number } {
    const [signal, peer, bridge] = [this.#signaling, this.#peers, this.#bridged];
    return { signal: signal.clients.size, peer: peer.clients.size, bridge: bridge.clients.size };
  }

  get connections(): number {
    return this.#connections.size;
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
    const begun = performance.now();
    const sockets = [...this.#signaling.clients, ...this.#peers.clients, ...this.#bridged.clients];
    for (const socket of sockets) {
      socket.close(goingAway, 'the relay ends');
      // The answers of thousands would keep everything else waiting for longer than there is.
      if (sockets.length > mostHeardOut) socket.pause();
    }
    let hangUp: NodeJS.Timeout | undefined;
    const hungUp = new Promise<void>((resolve) => {
      hangUp = setTimeout(
        () => {
          // Among them those that are no WebSocket (yet) and those still busy with TLS.
          for (const connection of this.#connections) connection.destroy();
          resolve();
        },
        Math.max(leastLeaveMs, leaveMs - (performance.now() - begun)),
      );
    });
    await Promise.race([closed, hungUp]);
    clearTimeout(hangUp);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    const path = pathOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { ...plain, Allow: 'GET, HEAD', Connection: 'close' }).end('GET and HEAD only\n');
    } else if (path === undefined || !(await this.#answerPath(path, request, response))) {
      response
        .writeHead(404, plain)
        .end(this.#isUnbuilt(path) ? 'The page is not built: npm run build\n' : 'Not found\n');
    }
  }

  async #answerPath(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { page, operations } = this.#services;
    const { headers } = request;
    const asker = { from: this.#from(request), host: headers.host ?? '', passedOn: isPassedOn(headers) };
    return (await operations.answer(path, asker, response)) || page.answer(path, request, response);
  }

  #isUnbuilt(path: string | undefined): boolean {
    return path === '/' && !this.#services.page.isBuilt;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = pathOf(request);
    const network = path === undefined ? undefined : /^\/peer\/([^/]+)$/.exec(path)?.[1];
    const door = network !== undefined ? 'peer' : (doors.get(path) ?? 'none');
    const upgrade: Upgrade = { door, request, socket, head, from: this.#from(request) };
    const { origins, behindProxy } = this.#options;
    const misled = this.#loopbackOnly && !behindProxy ? foreignName(request.headers) : undefined;
    const foreign = originRefusal(request.headers, origins);
    if (this.#closing !== undefined) refuse(socket, 503, 'the relay ends');
    else if (misled !== undefined) this.#refuse(upgrade, 403, 'foreign-name', misled);
    else if (foreign !== undefined) this.#refuse(upgrade, 403, 'origin', foreign);
    else if (network !== undefined) this.#openPeer(network, upgrade);
    else if (door === 'signal') {
      this.#openDoor(this.#signaling, upgrade, (...opened) => this.#services.signal(...opened));
    } else if (door === 'bridge') this.#openBridge(upgrade);
    else this.#refuse(upgrade, 404, 'no-door', 'there is nothing here');
  }

  #openBridge(upgrade: Upgrade): void {
    const { bridge } = this.#services;
    if (bridge === undefined) this.#refuse(upgrade, 404, 'no-bridge', 'this relay carries no connections');
    else this.#openDoor(this.#bridged, upgrade, bridge);
  }

  #openDoor(server: WebSocketServer, upgrade: Upgrade, opened: Services['signal']): void {
    const { request, from } = upgrade;
    const { host = '' } = request.headers;
    const { socket } = request;
    this.#accept(server, upgrade, (webSocket) => opened(webSocket, host, from, () => this.#lobby.leave(socket)));
  }

  #openPeer(network: string, upgrade: Upgrade): void {
    const accept = this.#services.archive(network);
    if (accept === undefined) this.#refuse(upgrade, 404, 'unknown-network', 'this relay does not serve that network');
    else {
      this.#accept(this.#peers, upgrade, (opened) => {
        // A peer has limits of its own for who does not greet.
        this.#lobby.leave(upgrade.request.socket);
        accept(opened, upgrade.from);
      });
    }
  }

  #accept(server: WebSocketServer, upgrade: Upgrade, opened: (socket: WebSocket) => void): void {
    const { maxSockets } = this.#options;
    const { request, socket, head } = upgrade;
    if (server.clients.size < maxSockets) server.handleUpgrade(request, socket, head, opened);
    else this.#refuse(upgrade, 503, 'full', `this relay holds ${maxSockets} such connections already (--max-sockets)`);
  }

  #refuse({ door, socket, from }: Upgrade, status: number, code: string, reason: string): void {
    refuse(socket, status, reason);
    this.#services.refused({
      door,
      code,
      reason,
      from,
      level: code === 'full' || code === 'foreign-name' ? 'warn' : 'info',
    });
  }

  /** Node hangs up on those by itself. */
  #dropped(dropped: DropArgument | undefined): void {
    const from = addressOf(dropped?.remoteAddress ?? '0.0.0.0', dropped?.remotePort ?? 0);
    const reason = `this relay holds ${this.#options.maxConnections} connections already (--max-connections)`;
    this.#services.refused({ door: 'connection', code: 'full', reason, from, level: 'warn' });
  }

  #from(request: IncomingMessage): string {
    return clientAddress(request, this.#options.behindProxy);
  }
}

/** Somebody who wants a WebSocket. */
interface Upgrade {
  readonly door: string;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** `host:port` */
  readonly from: string;
}

/** Beside `/peer/<network>`. */
const doors: ReadonlyMap<string | undefined, string> = new Map([
  ['/signal', 'signal'],
  ['/bridge', 'bridge'],
]);

/** No closure: it would keep the request as long as the socket lives. */
function destroyed(this: Duplex): void {
  this.destroy();
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
