/** A text is on its way through the program for a moment, and few are at a time. */
const MOST = 64;

/**
 * `read`, which remembers what it made of the last texts: between one and two times `most` of them. For what is read several times within a
 * moment, as a key is on its way into a certificate. What it makes must never be changed by anybody; what throws is not remembered.
 */
export function rememberingLast<T>(read: (text: string) => T, most = MOST): (text: string) => T {
  // Two halves, of which the older goes as a whole: to delete single ones from a Map has V8 copy it again and again.
  let younger = new Map<string, T>();
  let older = new Map<string, T>();
  return (text) => {
    const known = younger.get(text);
    if (known !== undefined) return known;
    const value = older.get(text) ?? read(text);
    if (younger.size >= most) {
      older = younger;
      younger = new Map();
    }
    younger.set(text, value);
    return value;
  };
}
