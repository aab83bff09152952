// How far this agent has read each conversation, kept in this browser.
import { createStore, type Store } from "../base/store.ts";
import { READ_MARKS_MAX } from "../limits.ts";

export type Marks = ReadonlyMap<string, number>;

/** Moves one mark forward, never back; the longest untouched marks go first when there are too many. */
export function moveMark(marks: Marks, key: string, seq: number): Marks {
  if ((marks.get(key) ?? 0) >= seq) return marks;
  const next = new Map(marks);
  next.delete(key);
  next.set(key, seq);
  for (const oldest of next.keys()) {
    if (next.size <= READ_MARKS_MAX) break;
    next.delete(oldest);
  }
  return next;
}

export type MarkStore = Store<Marks> & { move(key: string, seq: number): void };

export function createMarks(storage: Storage, staff: string): MarkStore {
  const name = `shunda.read.${staff}`;
  const store = createStore<Marks>(load(storage, name));
  return {
    ...store,
    move(key, seq) {
      const next = moveMark(store.read(), key, seq);
      if (next === store.read()) return;
      store.write(next);
      keep(storage, name, next);
    },
  };
}

function load(storage: Storage, name: string): Marks {
  try {
    const value: unknown = JSON.parse(storage.getItem(name) ?? "[]");
    if (!Array.isArray(value)) return new Map();
    return new Map(value.filter(isMark));
  } catch {
    return new Map();
  }
}

function isMark(value: unknown): value is [string, number] {
  return Array.isArray(value) && typeof value[0] === "string" && Number.isSafeInteger(value[1]);
}

function keep(storage: Storage, name: string, marks: Marks): void {
  try {
    storage.setItem(name, JSON.stringify([...marks]));
  } catch {
    // A full or forbidden storage costs the marks of the next visit, nothing of this one.
  }
}
