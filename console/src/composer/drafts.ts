// What an agent has begun to write, per conversation, until it is sent; survives a reload of the tab.
import { createStore } from "../base/store.ts";

export type Drafts = {
  read(conversation: string): string;
  write(conversation: string, text: string): void;
  /** Puts a text that was not sent before what has been written since. */
  putBack(conversation: string, text: string): void;
  subscribe(listener: () => void): () => void;
};

export function createDrafts(storage: Storage, staff: string): Drafts {
  const texts = createStore<ReadonlyMap<string, string>>(new Map());
  const name = (conversation: string) => `shunda.draft.${staff}.${conversation}`;
  const read = (conversation: string) => texts.read().get(conversation) ?? storage.getItem(name(conversation)) ?? "";

  function write(conversation: string, text: string): void {
    texts.write(new Map(texts.read()).set(conversation, text));
    try {
      if (text === "") storage.removeItem(name(conversation));
      else storage.setItem(name(conversation), text);
    } catch {
      // The memory of this page still has it.
    }
  }

  return {
    read,
    write,
    putBack(conversation, text) {
      const begun = read(conversation);
      write(conversation, begun === "" ? text : `${text}\n${begun}`);
    },
    subscribe: texts.subscribe,
  };
}
