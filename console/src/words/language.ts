// Which language the console speaks: Chinese until somebody chooses, then what they chose.
import { createStore } from "../base/store.ts";
import { en } from "./en.ts";
import { zh, type Words } from "./zh.ts";

const NAME = "shunda.language";

const chosen = createStore<Words>(localStorage.getItem(NAME) === en.language ? en : zh);

export const language = {
  ...chosen,
  toggle() {
    const next = chosen.read() === zh ? en : zh;
    localStorage.setItem(NAME, next.language);
    chosen.write(next);
  },
};
