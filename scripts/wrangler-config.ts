// Reads the part of TOML that our wrangler.toml is written in: what the worker is bound to is said there, once.
import { readFileSync } from "node:fs";
import path from "node:path";
import { Refusal, root } from "./shell.ts";

export interface WranglerConfig {
  compatibilityDate: string;
  kvNamespaces: string[];
  r2Buckets: string[];
  objects: { binding: string; className: string }[];
  assets: { binding: string; directory: string };
}

type Value = string | boolean | number | Value[];
type Table = { [key: string]: Value | Table | Table[] };

export function readWranglerConfig(file: string = path.join(root, "wrangler.toml")): WranglerConfig {
  const doc = parseTables(readFileSync(file, "utf8"));
  const tables = (at: unknown): Record<string, string>[] => (Array.isArray(at) ? at : []);
  const objects = tables((doc.durable_objects as Table | undefined)?.bindings);
  const assets = doc.assets as Record<string, string>;
  return {
    compatibilityDate: String(doc.compatibility_date),
    kvNamespaces: tables(doc.kv_namespaces).map((kv) => kv.binding!),
    r2Buckets: tables(doc.r2_buckets).map((bucket) => bucket.binding!),
    objects: objects.map((object) => ({ binding: object.name!, className: object.class_name! })),
    assets: { binding: assets.binding!, directory: assets.directory! },
  };
}

/** Tables, arrays of tables, and one `key = value` a line with a value that is also JSON. */
function parseTables(text: string): Table {
  const doc: Table = {};
  let table = doc;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    const header = /^(\[\[?)([\w.]+)\]\]?$/.exec(line);
    const pair = /^([\w-]+)\s*=\s*(.+)$/.exec(line);
    if (line === "" || line.startsWith("#")) continue;
    else if (header) table = open(doc, header[2]!.split("."), header[1] === "[[");
    else if (pair) table[pair[1]!] = valueOf(pair[2]!, index + 1);
    else
      throw new Refusal(
        `wrangler.toml line ${index + 1}: only tables and one-line "key = value" pairs are read here.`,
      );
  }
  return doc;
}

function open(doc: Table, names: string[], isArray: boolean): Table {
  const last = names.pop()!;
  let at = doc;
  for (const name of names) at = (at[name] ??= {}) as Table;
  if (!isArray) return (at[last] ??= {}) as Table;
  const fresh: Table = {};
  ((at[last] ??= []) as Table[]).push(fresh);
  return fresh;
}

function valueOf(text: string, line: number): Value {
  try {
    return JSON.parse(text.replace(/\s+#[^"]*$/, ""));
  } catch {
    throw new Refusal(`wrangler.toml line ${line}: the value must be written so that it is JSON too.`);
  }
}
