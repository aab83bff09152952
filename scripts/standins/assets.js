// Stands in for Workers static assets under plain workerd, whose disk service knows no content types: files of the
// console, and index.html for every address that is none (a single-page application).
const types = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
};

/** A folder is no file: only a name with an extension is looked up. */
async function open(env, path) {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  if (!extension) return null;
  const found = await env.DISK.fetch("http://disk" + path);
  if (!found.ok) {
    await found.body?.cancel();
    return null;
  }
  return { bytes: await found.arrayBuffer(), type: types[extension] ?? "application/octet-stream" };
}

/** The rules of `_headers`: an address pattern on a line of its own, then one indented `name: value` a line. */
async function rulesOf(env) {
  const found = await env.DISK.fetch("http://disk/_headers");
  const lines = found.ok ? (await found.text()).split("\n") : (await found.body?.cancel(), []);
  const rules = [];
  for (const line of lines) {
    const [, name, value] = /^\s+([\w-]+):\s*(.+)$/.exec(line) ?? [];
    if (name) rules.at(-1)?.headers.push([name, value.trim()]);
    else if (line.startsWith("/")) rules.push({ matches: matcherOf(line.trim()), headers: [] });
  }
  return rules;
}

function matcherOf(pattern) {
  const literal = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`);
}

async function etagOf(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).slice(0, 16);
  return '"' + Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") + '"';
}

export default {
  async fetch(request, env) {
    if (request.method !== "GET" && request.method !== "HEAD") return new Response(null, { status: 405 });
    const { pathname } = new URL(request.url);
    const file = (await open(env, pathname)) ?? (await open(env, "/index.html"));
    if (!file) return new Response("The console has not been built.", { status: 404 });
    const etag = await etagOf(file.bytes);
    const headers = new Headers({
      "content-type": file.type,
      etag,
      "cache-control": "public, max-age=0, must-revalidate",
    });
    for (const rule of await rulesOf(env))
      if (rule.matches.test(pathname)) for (const [name, value] of rule.headers) headers.set(name, value);
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
    return new Response(request.method === "HEAD" ? null : file.bytes, { headers });
  },
};
