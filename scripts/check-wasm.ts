// Holds the built Wasm to its limits: what it may import from the JavaScript around it, and how large it may be.
// `node scripts/run.mjs check-wasm --accept` writes the list anew, for a reviewer to read in the diff.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { Refusal, root, runMain } from "./shell.ts";

/** The smallest plan of the platform takes 3 MB; start-up time grows with it. */
const gzipBytesMax = 2_097_152;
const listFile = path.join(root, "scripts/wasm-imports.txt");

/** `module name`, without the digest that wasm-bindgen hangs on a name and the numbers of its closures. */
function importsOf(bytes: Buffer): string[] {
  const plain = (name: string): string =>
    name.replace(/_[0-9a-f]{16}$/, "").replace(/^(__wbindgen_(?:cast|closure_wrapper))_?\d+$/, "$1");
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(new Uint8Array(bytes)));
  return [...new Set(imports.map(({ module, name }) => `${module} ${plain(name)}`))].sort();
}

await runMain(async () => {
  const file = path.join(root, "build/index_bg.wasm");
  if (!existsSync(file)) throw new Refusal("There is no built worker. Run `npm run build` first.");
  const bytes = readFileSync(file);
  const gzipBytes = gzipSync(bytes, { level: 9 }).length;
  const imports = importsOf(bytes);
  if (process.argv.includes("--accept")) writeFileSync(listFile, `${imports.join("\n")}\n`);
  const allowed = new Set(readFileSync(listFile, "utf8").trim().split("\n"));
  const foreign = imports.filter((name) => !allowed.has(name));
  console.log(
    `Wasm: ${bytes.length} bytes, ${gzipBytes} gzip (at most ${gzipBytesMax}); ${imports.length} imports, ${foreign.length} not on the list`,
  );
  if (foreign.length > 0)
    throw new Refusal(
      `The Wasm imports what scripts/wasm-imports.txt does not allow:\n  ${foreign.join("\n  ")}\nIf each is wanted: node scripts/run.mjs check-wasm --accept`,
    );
  if (gzipBytes > gzipBytesMax)
    throw new Refusal(`The Wasm is ${gzipBytes} bytes gzip, over the limit of ${gzipBytesMax}.`);
});
