/**
 * What stands in the fenced blocks of docs/protocol.md: `hex <name>`, in which what follows two spaces explains, and
 * `json <name>`.
 */

/** The page's examples: name and bytes. */
export function examplesOf(text: string): Map<string, string> {
  const blocks = [...text.matchAll(/^```hex (\S+)\n([\s\S]*?)^```$/gm)];
  return new Map(
    blocks.map(([, name = '', lines = '']) => {
      const digits = lines.split('\n').map((line) => (line.split(/ {2,}/)[0] as string).replaceAll(' ', ''));
      return [name, digits.join('')];
    }),
  );
}

/** The page's lines of the control socket, with their ends. */
export function linesOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^```json (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', line = '']) => [name, line]),
  );
}
