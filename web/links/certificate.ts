/**
 * One certificate for all connections of a page, made beforehand.
 *
 * A browser makes one for each connection otherwise, and an answer waits 20 to 40 ms for it. That the other ends can
 * tell by it that it is the same page gives nothing away: they know the key.
 */

/** What WebRTC takes everywhere. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };

let certificate: RTCCertificate | undefined;
let making = false;

/** None until it is made, which the first call begins; a connection made meanwhile has one of its own. */
export function pageCertificates(): RTCCertificate[] {
  if (certificate !== undefined && certificate.expires > Date.now()) return [certificate];
  if (!making) void make();
  return [];
}

async function make(): Promise<void> {
  making = true;
  try {
    certificate = await RTCPeerConnection.generateCertificate(algorithm);
  } catch {
    // Then each connection goes on making its own.
  }
  making = false;
}
