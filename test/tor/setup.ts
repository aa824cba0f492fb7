/**
 * Starts the private Tor network of the tests beside this file, once for all of them, and stops it after the last.
 */
import type { TestProject } from 'vitest/node';
import { freePorts } from '../model/free-ports.ts';
import { startTorNetwork, type TorDescription } from '../model/tor-network.ts';

/** Ports of this machine that onion services lead to. Files run one at a time, so each may listen there. */
export interface ServicePorts {
  /** Behind `….onion:29092`. */
  readonly peer: number;
  /** Behind `….onion:80`. */
  readonly relay: number;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly tor: { readonly description: TorDescription; readonly ports: ServicePorts };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const first = await freePorts(2);
  const ports: ServicePorts = { peer: first, relay: first + 1 };
  const network = await startTorNetwork({ services: [ports.peer, { port: ports.relay, onionPort: 80 }] });
  project.provide('tor', { description: network.description, ports });
  return () => network.stop();
}
