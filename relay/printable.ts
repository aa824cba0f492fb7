/**
 * Text from elsewhere, made fit for a terminal and a log: what a terminal would obey is written out, never passed on.
 *
 * Control characters move the cursor, change colours and titles; format characters turn the direction of a line or are
 * not seen at all. Two of them stay: the joiners of emoji and of several scripts.
 */

/** C0, C1, directions, invisible ones, separators of lines, halves of characters. */
const unfit = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The same text with such characters as `\u001b`. In JSON it means the same as before. */
export function printable(text: string): string {
  return text.replace(unfit, (character) => {
    let escaped = '';
    for (let i = 0; i < character.length; i++) {
      escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}
