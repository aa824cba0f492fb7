import { afterEach, describe, expect, it, vi } from 'vitest';
import { ran, TestTerminal } from '../../../model/command-line.ts';

afterEach(() => vi.unstubAllEnvs());

const commands = ['peer', 'share', 'blocks', 'status'];

describe('the help', () => {
  it.each([['--help'], ['help']])('is shown by %s, with every command and exit code', async (flag) => {
    const { exitCode, help } = await ran([flag]);
    expect(exitCode).toBe(0);
    for (const name of commands) expect(help).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    const codes = [...help.matchAll(/^ {2}(\d[\d, ]*?) {2,}\S/gm)].map(([, code]) => code);
    expect(codes).toEqual(['0', '1', '2', '3', '4', '130, 143']);
    expect(help).toContain('Examples:');
  });

  it.each(commands)('of %s names its options, their variables and an example', async (name) => {
    const { exitCode, help } = await ran([name, '--help']);
    expect(exitCode).toBe(0);
    expect(help).toMatch(/--data <folder>[\s\S]*env:\s+MCCLOUD_DATA/);
    if (name !== 'status') expect(help).toContain(`  mccloud ${name}`);
    expect((await ran(['help', name])).help).toBe(help);
  });

  it('fits a terminal of 80 columns', async () => {
    for (const args of [['--help'], ...commands.map((name) => [name, '--help'])]) {
      const { help } = await ran(args);
      for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });

  it('of the peer has all that the reference’s daemon can be told, and more', async () => {
    const { help } = await ran(['peer', '--help']);
    for (const flag of ['host', 'port', 'data', 'conn', 'proxy', 'announce-by', 'thin', 'gather', 'candidates']) {
      expect(help).toContain(`--${flag}`);
    }
    for (const flag of ['forced-restart', 'wire', 'network', 'root', 'log']) expect(help).toContain(`--${flag}`);
  });
});

describe('the version', () => {
  it('is printed', async () => {
    expect(await ran(['--version'])).toEqual({ exitCode: 0, help: '1.2.3\n', complaints: '' });
  });
});

describe('wrong usage', () => {
  it.each([
    [['pear'], "unknown command 'pear'\n(Did you mean peer?)"],
    [['peer', '--prot', '1'], "unknown option '--prot'\n(Did you mean --port?)"],
    [['peer', '--port', 'x'], 'a port is a number from 0 to 65535.'],
    [['peer', '--conn', 'nowhere'], 'a peer is at host:port, or at ws://… or wss://… of a relay.'],
    [['peer', '--host'], 'argument missing'],
    [['share'], "missing required argument 'text'"],
    [['share', 'two', 'words'], 'too many arguments'],
    [['blocks', '--from', '-1'], 'it is a number from 0 on.'],
    [['status', 'x'], 'too many arguments'],
  ])('is said in a line, with an exit code of its own: %j', async (args, said) => {
    const { exitCode, complaints, help } = await ran(args);
    expect(exitCode).toBe(2);
    expect(complaints).toMatch(/^mccloud: /);
    expect(complaints).toContain(said);
    expect(help).toBe('');
  });

  it('is no command at all', async () => {
    const { exitCode, complaints } = await ran([]);
    expect(exitCode).toBe(2);
    expect(complaints).toContain('Usage: mccloud');
  });

  it('is what does not go together', async () => {
    const terminal = new TestTerminal();
    expect((await ran(['peer', '--proxy', '127.0.0.1:9050'], terminal)).exitCode).toBe(2);
    expect(terminal.said).toMatch(/^--proxy needs --announce-by.*\n$/);
  });

  it('may come from a variable', async () => {
    vi.stubEnv('MCCLOUD_PORT', 'x');
    const { exitCode, complaints } = await ran(['peer']);
    expect(exitCode).toBe(2);
    expect(complaints).toContain("from env 'MCCLOUD_PORT' is invalid");
  });
});
