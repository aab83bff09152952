// Debian's packages: which are there, and how they are installed.
import { existsSync } from "node:fs";
import { Refusal, run } from "./shell.ts";

/** Whether packages can be installed here at all. */
export function isDebianRoot(): boolean {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

export async function hasDebianPackages(names: string[]): Promise<boolean> {
  const found = await run("dpkg-query", ["-W", "-f", "${Status}\\n", ...names]);
  return (
    found.code === 0 &&
    found.output
      .trim()
      .split("\n")
      .every((line) => line === "install ok installed")
  );
}

export async function aptInstall(names: string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = () => run("apt-get", ["install", "-y", "--no-install-recommends", ...names], { env });
  let done = await install();
  if (done.code !== 0 && (await run("apt-get", ["update"], { env })).code === 0) done = await install();
  if (done.code === 0) return;
  console.error(done.output.split("\n").slice(-8).join("\n"));
  throw new Refusal(
    `apt-get could not install ${names.join(" ")} (its own words are above). Install them by hand, then run the same command again.`,
  );
}
