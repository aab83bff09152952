// `npm run eval -- --data DIR [--encoder DIR] [--cache DIR] [--predictions DIR] [--only webank,law,…] [--fit]`: measures answering on
// labelled questions that are read by a path, with baselines beside it. Paths are from the folder where npm was called.
import path from "node:path";
import { Refusal, root, run, runMain } from "./shell.ts";

const folders = new Set(["--data", "--encoder", "--cache", "--predictions"]);

await runMain(async () => {
  const from = process.env.INIT_CWD ?? process.cwd();
  const given = process.argv.slice(2);
  const args = given.map((word, at) => (folders.has(given[at - 1] ?? "") ? path.resolve(from, word) : word));
  const manifest = path.join(root, "benches/answering/Cargo.toml");
  const finished = await run(
    "cargo",
    ["run", "--release", "--quiet", "--manifest-path", manifest, "--target-dir", path.join(root, "target/answering"), "--", ...args],
    { show: true },
  );
  if (finished.code !== 0) throw new Refusal("The evaluation ended with an error (its own words are above).");
});
