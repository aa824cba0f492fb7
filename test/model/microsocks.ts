/**
 * A real SOCKS5 proxy: Debian's `microsocks`, in a process of its own on a port of loopback.
 *
 * Its log says where it led. When a test wants to know what a proxy was asked, and by whom, socks-server.ts is for it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { HostAndPort } from '../../core/network/addresses.ts';
import { freePorts } from './free-ports.ts';

export interface MicrosocksOptions {
  /** Only who shows them is served; if not given, everybody is. */
  readonly credentials?: { readonly user: string; readonly password: string };
}

/** The shell ends it when its own input ends: when this process is gone, however it went. */
const keeper = 'microsocks "$@" & read -r _; kill -9 "$!"';
const startsWithinMs = 10_000;
const lookMs = 20;

export class Microsocks {
  readonly address: HostAndPort;
  readonly #flags: readonly string[];
  #shell: ChildProcess | undefined;
  #log = '';

  private constructor(port: number, { credentials }: MicrosocksOptions) {
    this.address = { host: '127.0.0.1', port };
    const shown = credentials === undefined ? [] : ['-u', credentials.user, '-P', credentials.password];
    this.#flags = ['-i', this.address.host, '-p', String(port), ...shown];
  }

  static async start(options: MicrosocksOptions = {}): Promise<Microsocks> {
    const proxy = new Microsocks(await freePorts(1), options);
    await proxy.restart();
    return proxy;
  }

  /** Where it has led so far, as it was asked: a name is a name. */
  get connections(): HostAndPort[] {
    const lines = this.#log.matchAll(/: connected to (\S+):(\d+)$/gm);
    return [...lines].map(([, host = '', port]) => ({ host, port: Number(port) }));
  }

  /** At once; whatever goes through it breaks. Idempotent. */
  async kill(): Promise<void> {
    const shell = this.#shell;
    if (shell === undefined) return;
    this.#shell = undefined;
    const ended = once(shell, 'close');
    shell.stdin?.end();
    await ended;
  }

  /** On the same port again, when it takes connections. */
  async restart(): Promise<void> {
    const shell = spawn('sh', ['-c', keeper, 'sh', ...this.#flags], { stdio: ['pipe', 'ignore', 'pipe'] });
    shell.stderr.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
    this.#shell = shell;
    const deadline = Date.now() + startsWithinMs;
    while (!(await this.#answers())) {
      if (Date.now() > deadline) throw new Error(`microsocks does not start: ${this.#log.slice(-300)}`);
      await wait(lookMs);
    }
  }

  async #answers(): Promise<boolean> {
    const socket = connect(this.address);
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
