/**
 * `mccloud status`: how the peer of a folder is, for people or as JSON.
 */
import type { Command } from 'commander';
import { ask } from '../control/client.ts';
import { type LinkReport, type PeerReport, reportJson } from '../control/messages.ts';
import { printable } from '../printable.ts';
import { dataOption } from './arguments.ts';
import { counted } from './block-text.ts';
import type { Terminal } from './terminal.ts';

export function addStatus(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .summary('how the peer of a folder is')
    .description(
      'Tells how the peer that runs on a folder is: its key, its chain, its links, what waits, what is wrong.',
    )
    .addOption(dataOption('folder of the peer'))
    .option('--json', 'one JSON object instead')
    .action(async ({ data, json = false }: { data: string; json?: boolean }) => {
      for await (const answer of ask(data, { kind: 'status' })) {
        if (answer.kind !== 'status') continue;
        const text = json ? printable(JSON.stringify(reportJson(answer.report))) : statusText(answer.report);
        await terminal.print(`${text}\n`);
      }
    });
}

/** For people, one line for each thing. */
export function statusText(report: PeerReport): string {
  const { connected, problems } = report;
  const rows: [string, string][] = [
    ['key', report.publicKey],
    ['network', report.network],
    ['listens', report.listen ?? 'nowhere: it dials and nobody dials it'],
    ['process', String(report.process)],
    ['chain', chainText(report)],
    ['root', report.root ?? 'none'],
    ['tip', report.tip ?? 'none'],
    ...(report.final === undefined ? [] : [['final', `up to block ${report.final}`] as [string, string]]),
    ['known', `${report.known} online`],
    ['connected', counted(connected.length, 'link')],
    ...connected.map((link): [string, string] => ['', linkText(link)]),
    ['pending', counted(report.pending, 'item')],
    ...(report.waitingFor === undefined ? [] : [['waits', `for ${report.waitingFor}`] as [string, string]]),
    ['problems', problems.length === 0 ? 'none' : counted(problems.length, 'problem')],
    ...problems.map(({ code, message }): [string, string] => ['', `${code}: ${message}`]),
  ];
  return rows.map(([name, value]) => `${name.padEnd(nameColumns)}${printable(value)}`).join('\n');
}

const nameColumns = 11;

function chainText({ height, storage, syncing }: PeerReport): string {
  const held = `${counted(height, 'block')}, ${storage}`;
  return syncing === undefined ? held : `${held}; catching up, ${syncing.held} of ${syncing.of}`;
}

function linkText({ publicKey, address, carrier, dialled, ours }: LinkReport): string {
  const direction = dialled ? 'dialled' : 'was dialled';
  return `${publicKey}  ${address}  ${carrier}, ${direction}${ours ? '' : ', reference program'}`;
}
