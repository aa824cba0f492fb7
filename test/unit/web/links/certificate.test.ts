/**
 * A page's connections share one certificate as soon as there is one, and do without where there is none.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

let pageCertificates: () => RTCCertificate[];
let made: RTCCertificate[];
let fails: boolean;

beforeEach(async () => {
  made = [];
  fails = false;
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal('RTCPeerConnection', {
    async generateCertificate() {
      if (fails) throw new DOMException('no such algorithm', 'NotSupportedError');
      const certificate = { expires: Date.now() + 30_000 } as RTCCertificate;
      made.push(certificate);
      return certificate;
    },
  });
  vi.resetModules();
  ({ pageCertificates } = await import('../../../../web/links/certificate.ts'));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settled = () => vi.advanceTimersByTimeAsync(0);

describe('the certificate of a page', () => {
  it('is made at the first call, once, and shared from then on', async () => {
    expect([pageCertificates(), pageCertificates()]).toEqual([[], []]);
    await settled();
    const [certificate] = pageCertificates();
    expect(certificate).toBe(made[0]);
    expect(pageCertificates()).toEqual([certificate]);
    expect(made).toHaveLength(1);
  });

  it('is made anew when it has expired', async () => {
    pageCertificates();
    await settled();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(pageCertificates()).toEqual([]);
    await settled();
    expect(pageCertificates()[0]).toBe(made[1]);
  });

  it('is done without where it cannot be made, and tried again', async () => {
    fails = true;
    pageCertificates();
    await settled();
    fails = false;
    expect(pageCertificates()).toEqual([]);
    await settled();
    expect(pageCertificates()).toHaveLength(1);
  });
});
