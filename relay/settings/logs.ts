/**
 * Flags of what is told on stderr, the same for the relay and for `mccloud peer`.
 */
import { Option } from 'commander';
import { type LogFormat, type LogLevel, logFormats, logLevels } from '../log.ts';

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** As commander hands them over. */
export interface LogFlags {
  readonly log: LogLevel;
  readonly logFormat: LogFormat;
}

export function logOptions(): Option[] {
  return [
    new Option('--log <level>', 'how much to tell on stderr').env('MCCLOUD_LOG').choices(logLevels).default('info'),
    new Option('--log-format <format>', 'lines for people, or an object of JSON a line')
      .env('MCCLOUD_LOG_FORMAT')
      .choices(logFormats)
      .default('text'),
  ];
}

export function logSettings({ log, logFormat }: LogFlags): LogSettings {
  return { level: log, format: logFormat };
}
