// What every view may reach: the words, the desk, who is signed in.
import { createContext, use } from "react";
import type { Desk } from "../desk.ts";
import type { Words } from "../words/zh.ts";
import { zh } from "../words/zh.ts";
import type { Staff } from "../wire.ts";

export const WordsContext = createContext<Words>(zh);
export const DeskContext = createContext<{ desk: Desk; staff: Staff } | null>(null);

export function useWords(): Words {
  return use(WordsContext);
}

export function useDesk(): { desk: Desk; staff: Staff } {
  const found = use(DeskContext);
  if (found === null) throw new Error("a desk view outside the desk");
  return found;
}
