#!/usr/bin/env node
/**
 * Asks the relay of this machine whether it is well, for service managers that want a command (a Dockerfile's
 * HEALTHCHECK): flags and variables are the relay's own, exit code 0 means well, and why not is said on stdout.
 */
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { readSettings, urlOf } from './settings.ts';

/** A relay that is busy answers later than that to everybody. */
const answersWithinMs = 4_000;

const { host, port, access } = readSettings(process.argv);
const url = `${urlOf(host, port, access)}/healthz`;
// It asks itself: what its certificate says of its name is for others.
const request = access.tls === undefined ? getPlain(url) : getSecure(url, { rejectUnauthorized: false });
request.setTimeout(answersWithinMs, () => request.destroy(new Error('no answer in time')));
request.once('error', ({ message }) => {
  console.log(`nobody answers at ${url}: ${message}`);
  process.exitCode = 1;
});
request.once('response', (response) => {
  process.exitCode = response.statusCode === 200 ? 0 : 1;
  response.pipe(process.stdout);
});
