// Assets of a worker under test: a page and, where `npm run encoder` was run, the sentence encoder.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { encoderFolder } from "../../../scripts/encoder/files.ts";

/** A folder to be served and deleted, and the one in it that is the encoder's. */
export function assetsWith(files: boolean): { directory: string; folder: string } {
  const directory = mkdtempSync(path.join(os.tmpdir(), "shunda-assets-"));
  const folder = path.join(directory, "encoder");
  writeFileSync(path.join(directory, "index.html"), "<!doctype html><title>瞬答</title>");
  mkdirSync(folder);
  if (files)
    for (const name of readdirSync(encoderFolder)) copyFileSync(path.join(encoderFolder, name), path.join(folder, name));
  return { directory, folder };
}
