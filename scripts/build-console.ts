// Builds the agents' console into console/dist, and puts the sentence encoder's files beside it where they were made;
// does nothing when nothing that matters has changed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { placeEncoder } from "./encoder/files.ts";
import { digestOf, packageFile, Refusal, root, run, runMain, say } from "./shell.ts";

const dist = path.join(root, "console/dist");
// Not in dist: all that is there is served.
const stamp = path.join(root, "build/.console-digest");
const sources = [
  "console/src",
  "console/public",
  "console/index.html",
  "console/vite.config.ts",
  "package-lock.json",
];

export async function buildConsole(): Promise<void> {
  await buildPages();
  placeEncoder(dist);
}

async function buildPages(): Promise<void> {
  const digest = digestOf(sources);
  if (
    existsSync(path.join(dist, "index.html")) &&
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === digest
  )
    return;
  say("the console (about 15 s)");
  const vite = packageFile("vite", "bin/vite.js");
  const built = await run(process.execPath, [
    vite,
    "build",
    "--config",
    "console/vite.config.ts",
    "--logLevel",
    "warn",
  ]);
  if (built.code !== 0) {
    console.error(built.output);
    throw new Refusal("The console's build failed: vite's words are above.");
  }
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

if (import.meta.main) await runMain(buildConsole);
