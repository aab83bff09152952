// Where the sentence encoder's files are, whether they are the right ones, and how they get beside the console's.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../shell.ts";

export const encoderFolder = path.join(root, ".encoder");
/** SHA-256 of the manifest that must come out, and so of all it names. */
export const encoderDigest = "5a2ebddb59f61aaf683bbdccfc27f69b4a6018bea9c437ece4b7f28a16c82df1";
const manifestFile = "manifest.json";

export const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Whether a folder's manifest is the pinned one: it is written last. */
export function holdsEncoder(folder: string = encoderFolder): boolean {
  const manifest = path.join(folder, manifestFile);
  return existsSync(manifest) && sha256(readFileSync(manifest)) === encoderDigest;
}

export function writeEncoder(folder: string, files: Map<string, string | Buffer>, manifest: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(path.join(folder, name), bytes);
  writeFileSync(path.join(folder, manifestFile), manifest);
}

/** Puts them where static assets are served from, as `/encoder/`; a deployment without them works. */
export function placeEncoder(assets: string): void {
  const to = path.join(assets, "encoder");
  if (!holdsEncoder()) return rmSync(to, { recursive: true, force: true });
  if (holdsEncoder(to)) return;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const names = readdirSync(encoderFolder).filter((name) => name !== manifestFile);
  for (const name of [...names, manifestFile]) copyFileSync(path.join(encoderFolder, name), path.join(to, name));
}
