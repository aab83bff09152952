// Stands in for Workers KV under plain workerd: one file a key. With STALE_SECONDS above 0 it is as late as the real
// one: what was read, also "not found", is answered again for that long, whatever has been written since.
const seen = new Map();
/** When keys expire that were put with a time to live. A restart forgets it: they are then kept for longer. */
const ends = new Map();

/** A key as a file name: reversible, and never hidden or nested. */
const fileOf = (key) => "http://disk/" + encodeURIComponent(key).replaceAll(".", "%2E").replaceAll("%", "=");

async function read(env, key) {
  const stale_ms = Number(env.STALE_SECONDS) * 1000;
  const known = seen.get(key);
  if (known && Date.now() < known.until_ms) return known;
  if ((ends.get(key) ?? Infinity) <= Date.now()) await env.DISK.fetch(fileOf(key), { method: "DELETE" });
  const found = await env.DISK.fetch(fileOf(key));
  const body = found.ok ? await found.arrayBuffer() : (await found.body?.cancel(), null);
  const entry = { body, until_ms: Date.now() + stale_ms };
  if (stale_ms > 0) seen.set(key, entry);
  return entry;
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    if (key === "" || url.searchParams.has("expiration"))
      return new Response("This stand-in has neither lists nor times of expiry.", { status: 501 });
    const ttl_s = Number(url.searchParams.get("expiration_ttl") ?? Infinity);
    if (!(ttl_s >= 60)) return new Response("A time to live is at least 60 s.", { status: 400 });
    if (request.method === "GET") {
      const { body } = await read(env, key);
      return body === null ? new Response(null, { status: 404 }) : new Response(body);
    }
    if (request.method === "PUT") {
      ends.set(key, Date.now() + ttl_s * 1000);
      return env.DISK.fetch(fileOf(key), { method: "PUT", body: await request.arrayBuffer() });
    }
    if (request.method === "DELETE") return env.DISK.fetch(fileOf(key), { method: "DELETE" });
    return new Response("This stand-in knows GET, PUT and DELETE.", { status: 501 });
  },
};
