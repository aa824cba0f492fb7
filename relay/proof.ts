/**
 * Whether what a tab has signed was signed for this relay (spec/safety.md, Networks and signatures).
 */

/** Whether a tab that dialled `origin` has come to `host`, so that what it signed serves at no other relay. */
export function isOriginOf(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, origin: canonical, host: named } = new URL(origin);
  const ours = `${protocol}//${host}`;
  return canonical === origin && URL.canParse(ours) && new URL(ours).host === named;
}
