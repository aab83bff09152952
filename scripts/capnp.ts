// Writes the configuration of plain workerd: the same bindings as wrangler.toml, with stand-ins for KV, R2 and assets.
import type { WranglerConfig } from "./wrangler-config.ts";

/** index.js goes first: it is the worker. Names only: values of `environment` reach workerd by its environment, never by this file. */
export function workerdConfig(
  config: WranglerConfig,
  modules: string[],
  environment: string[],
  kvStaleSeconds: number,
): string {
  const quote = (text: string): string => JSON.stringify(text);
  const bindings = [
    ...config.kvNamespaces.map((name) => `(name = ${quote(name)}, kvNamespace = "kv")`),
    ...config.r2Buckets.map((name) => `(name = ${quote(name)}, r2Bucket = "r2")`),
    ...config.objects.map(
      (o) => `(name = ${quote(o.binding)}, durableObjectNamespace = ${quote(o.className)})`,
    ),
    `(name = ${quote(config.assets.binding)}, service = "assets")`,
    ...environment.map((name) => `(name = ${quote(name)}, fromEnvironment = ${quote(name)})`),
  ];
  const objects = config.objects.map(
    (o) =>
      `(className = ${quote(o.className)}, uniqueKey = ${quote(`shunda-${o.className}`)}, enableSql = true)`,
  );
  const others = modules.filter((name) => name !== "index.js");
  const loaded = ["index.js", ...others].map(
    (name) =>
      `(name = ${quote(name)}, ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed ${quote(name)})`,
  );
  const list = (items: string[]): string => `[${items.map((item) => `\n    ${item}`).join(",")}]`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    (name = "kv-disk", disk = (writable = true)),
    (name = "r2", worker = .r2),
    (name = "r2-disk", disk = (writable = true)),
    (name = "assets", worker = .assets),
    (name = "assets-disk", disk = ()),
    (name = "objects-disk", disk = (writable = true)),
    # Local platforms and simulators are private addresses, which workerd forbids unless told otherwise.
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true)))
  ],
  sockets = [(name = "http", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = ${list(loaded)},
  compatibilityDate = ${quote(config.compatibilityDate)},
  durableObjectStorage = (localDisk = "objects-disk"),
  durableObjectNamespaces = ${list(objects)},
  bindings = ${list(bindings)}
);
const kv :Workerd.Worker = (
  modules = [(name = "kv.js", esModule = embed "standin-kv.js")],
  compatibilityDate = ${quote(config.compatibilityDate)},
  bindings = [(name = "DISK", service = "kv-disk"), (name = "STALE_SECONDS", text = ${quote(String(kvStaleSeconds))})]
);
const r2 :Workerd.Worker = (
  modules = [(name = "r2.js", esModule = embed "standin-r2.js")],
  compatibilityDate = ${quote(config.compatibilityDate)},
  bindings = [(name = "DISK", service = "r2-disk")]
);
const assets :Workerd.Worker = (
  modules = [(name = "assets.js", esModule = embed "standin-assets.js")],
  compatibilityDate = ${quote(config.compatibilityDate)},
  bindings = [(name = "DISK", service = "assets-disk")]
);
`;
}
