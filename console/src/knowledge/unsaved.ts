// What an editor has typed into an entry, until it is saved or thrown away; survives a reload of the tab.
import type { EntryForm } from "./form.ts";

/** `revision`: of the row that was on the page when typing began. */
export type Unsaved = { form: EntryForm; revision: number };

export function unsavedOf(storage: Storage, staff: string) {
  const name = (entry: string) => `shunda.entry.${staff}.${entry}`;
  return {
    read(entry: string): Unsaved | null {
      try {
        const found = JSON.parse(storage.getItem(name(entry)) ?? "null") as Unsaved | null;
        return typeof found?.revision === "number" && typeof found.form?.question === "string" ? found : null;
      } catch {
        return null;
      }
    },
    write(entry: string, unsaved: Unsaved | null): void {
      try {
        if (unsaved === null) storage.removeItem(name(entry));
        else storage.setItem(name(entry), JSON.stringify(unsaved));
      } catch {
        // The page still has it.
      }
    },
  };
}
