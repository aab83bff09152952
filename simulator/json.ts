// JSON as WeChat writes and reads it: 64-bit numbers exact, lists of one as their only item.
import type { Field, Fields } from './xml.ts';

/** In no library definition yet: a number as it stands, not through a double. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

/** `JSON.stringify` that also writes bigints, as bare numbers. */
export function stringify(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? rawJSON(String(one)) : one));
}

/** A message under the names its XML has. */
export function renderJson(fields: Fields): string {
  return stringify(tidy(fields));
}

function tidy(field: Field): unknown {
  if (Array.isArray(field)) return field.length === 1 ? tidy(field[0] as Fields) : field.map(tidy);
  if (typeof field !== 'object') return field;
  return Object.fromEntries(Object.entries(field).map(([name, one]) => [name, tidy(one)]));
}

/** The reviver of `JSON.parse`: a number as it was written. The third argument is in no library definition yet. */
const exactly = ((_: string, one: unknown, { source }: { source: string }) => (typeof one === 'number' ? source : one)) as (key: string, value: unknown) => unknown;

/** An object with its numbers as texts, as the XML reader gives them; null when the text is not one. */
export function parseJson(text: string): Fields | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text, exactly) as Fields;
  } catch {
    return null;
  }
}
