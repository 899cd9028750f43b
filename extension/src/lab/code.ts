/** Python that a person may run as it stands. */

/** The code that opens a dataset, and shows it. */
export function codeToOpen(ref: string, file?: string): string {
  const given = [ref, ...(file === undefined ? [] : [file])].map(python).join(', ');
  return `import physforge_kernel as pf\n\nfield = pf.connect().datasets.open(${given})\nfield`;
}

/** A Python string literal; what is not plain ASCII is spelled out, so that nothing hides in it. */
export function python(text: string): string {
  const spelled = [...text].map(character => {
    const code = character.codePointAt(0)!;
    if (character === '"' || character === '\\') {
      return `\\${character}`;
    }
    if (code >= 0x20 && code < 0x7f) {
      return character;
    }
    const isLetter = /\p{L}|\p{N}/u.test(character);
    return isLetter ? character : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${spelled.join('')}"`;
}
