/**
 * A plainly started Chromium and the few words of its debugging protocol that a test needs.
 *
 * Not Playwright: that emulates focus in every page it touches, so that none is ever hidden. Tabs opened here hide each
 * other as they do for a person, and their timers are throttled.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { chromiumFlags, findChromium } from '../../../scripts/find-chromium.ts';
import { isRoot } from '../../../scripts/machine.ts';

interface Answer {
  readonly id: number;
  readonly result: Record<string, unknown>;
  readonly error: { readonly message: string } | undefined;
}

export class ChromiumProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.#child = child;
    this.#folder = folder;
    this.#socket = socket;
    socket.on('message', (text) => {
      const answer = JSON.parse(String(text)) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  static async start(): Promise<ChromiumProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'mccloud-chromium-'));
    const sandbox = isRoot() ? ['--no-sandbox'] : [];
    const flags = [
      ...chromiumFlags,
      ...sandbox,
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${folder}`,
    ];
    const child = spawn(await findChromium(), [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const socket = new WebSocket(await debuggingAddress(child));
    await once(socket, 'open');
    return new ChromiumProcess(child, folder, socket);
  }

  /** The tab that Chromium opened by itself. */
  async firstTab(): Promise<RealTab> {
    const { targetInfos } = await this.send('Target.getTargets', {});
    const page = (targetInfos as { targetId: string; type: string }[]).find(({ type }) => type === 'page');
    if (page === undefined) throw new Error('Chromium has no tab');
    return this.#attach(page.targetId);
  }

  /** Another tab of the same window. */
  async openTab(url: string): Promise<RealTab> {
    const { targetId } = await this.send('Target.createTarget', { url });
    return this.#attach(String(targetId));
  }

  send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  async dispose(): Promise<void> {
    this.#socket.terminate();
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async #attach(targetId: string): Promise<RealTab> {
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    return new RealTab(this, String(sessionId));
  }
}

export class RealTab {
  readonly #chromium: ChromiumProcess;
  readonly #sessionId: string;

  constructor(chromium: ChromiumProcess, sessionId: string) {
    this.#chromium = chromium;
    this.#sessionId = sessionId;
  }

  async goto(url: string): Promise<void> {
    await this.#chromium.send('Page.navigate', { url }, this.#sessionId);
  }

  async bringToFront(): Promise<void> {
    await this.#chromium.send('Page.bringToFront', {}, this.#sessionId);
  }

  /** The value of an expression, awaited. @throws when the page does */
  async evaluate<T>(expression: string): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#chromium.send('Runtime.evaluate', params, this.#sessionId);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails).slice(0, 500));
    return (result as { value: T }).value;
  }
}

/** The address Chromium prints when its debugging port is open. */
function debuggingAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', () => reject(new Error(`Chromium ended: ${said.slice(-500)}`)));
  });
}
