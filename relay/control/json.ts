/**
 * Values out of JSON, each read as what it must be, so that what has been read needs no second look.
 *
 * A member that is missing or is something else is refused with its name; whoever wants no others says `end`.
 */
import { ControlError } from './errors.ts';

/** One JSON object, read member by member. @throws ControlError `bad-message` from each of its functions */
export class Members {
  readonly #object: ReadonlyMap<string, unknown>;
  readonly #unread: Set<string>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('a message is a JSON object');
    this.#object = new Map(Object.entries(value));
    this.#unread = new Set(this.#object.keys());
  }

  text(name: string): string {
    const value = this.#read(name);
    if (typeof value !== 'string') throw bad(`"${name}" is a text`);
    return value;
  }

  /** Lower-case hex of so many bytes. */
  hex<T extends string>(name: string, bytes: number): T {
    return hex<T>(this.#read(name), name, bytes);
  }

  /** An integer from 0 on. @param otherwise what it is where it is not given */
  count(name: string, otherwise?: number): number {
    return count(this.#read(name) ?? otherwise, `"${name}"`);
  }

  /** @param otherwise what it is where it is not given */
  flag(name: string, otherwise?: boolean): boolean {
    const value = this.#read(name) ?? otherwise;
    if (typeof value !== 'boolean') throw bad(`"${name}" is true or false`);
    return value;
  }

  /** Base64 as RFC 4648 has it: padded, one text for each value. */
  bytes(name: string): Uint8Array {
    const text = this.text(name);
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw bad(`"${name}" is base64, padded`);
    return new Uint8Array(bytes);
  }

  list<T>(name: string, read: (value: unknown) => T): T[] {
    const value = this.#read(name);
    if (!Array.isArray(value)) throw bad(`"${name}" is a list`);
    return value.map(read);
  }

  /** Undefined where it is null. */
  orNull<T>(name: string, read: (value: unknown) => T): T | undefined {
    const value = this.#read(name);
    if (value === undefined) throw bad(`"${name}" is missing`);
    return value === null ? undefined : read(value);
  }

  /** Refuses members that nobody asked for: a word that is written wrong would change nothing, and nobody would know. */
  end(): void {
    const [name] = this.#unread;
    if (name !== undefined) throw bad(`there is no "${name.slice(0, mostNameShown)}" here`);
  }

  #read(name: string): unknown {
    this.#unread.delete(name);
    return this.#object.get(name);
  }
}

/** A text by itself, for lists and for what may be null. @throws ControlError `bad-message` */
export function textFrom(value: unknown): string {
  if (typeof value !== 'string') throw bad('a text was expected');
  return value;
}

/** A count by itself. @throws ControlError `bad-message` */
export function countFrom(value: unknown): number {
  return count(value, 'a value');
}

/** Hex by itself. @throws ControlError `bad-message` */
export function hexFrom<T extends string>(bytes: number): (value: unknown) => T {
  return (value) => hex<T>(value, 'a value', bytes);
}

/** @throws ControlError `bad-message` */
export function jsonFrom(line: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(line));
  } catch {
    throw bad('a line is JSON in UTF-8');
  }
}

const mostNameShown = 32;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function count(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw bad(`${name} is an integer from 0 on`);
  }
  return value;
}

function hex<T extends string>(value: unknown, name: string, bytes: number): T {
  if (typeof value !== 'string' || value.length !== 2 * bytes || !/^[0-9a-f]*$/.test(value)) {
    throw bad(`"${name}" is ${bytes} bytes in lower-case hex`);
  }
  return value as T;
}

function bad(message: string): ControlError {
  return new ControlError('bad-message', message);
}
