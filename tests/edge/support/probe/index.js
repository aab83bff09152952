// A worker that only shows its bindings, so that the stand-ins are tested in the real runtime.
import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  async fetch() {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS calls (at INTEGER)");
    sql.exec("INSERT INTO calls VALUES (0)");
    return Response.json(sql.exec("SELECT count(*) AS calls FROM calls").one().calls);
  }
}

/** What the tests compare of an object. */
const shown = (object) =>
  object && {
    key: object.key,
    size: object.size,
    etag: object.etag,
    type: object.httpMetadata?.contentType,
    custom: object.customMetadata,
    range: object.range,
  };

/** One operation on the bucket, as JSON says it; bytes travel as text. */
async function bucket(env, { op, key, value, options }) {
  if (op === "head") return shown(await env.MEDIA.head(key));
  if (op === "delete") return (await env.MEDIA.delete(key)) ?? null;
  if (op === "list") {
    const { objects, truncated, cursor } = await env.MEDIA.list(options);
    return { objects: objects.map(shown), truncated, cursor };
  }
  if (op === "fill") return shown(await env.MEDIA.put(key, new Uint8Array(value)));
  if (op === "put") return shown(await env.MEDIA.put(key, value, options));
  const object = await env.MEDIA.get(key, options);
  return object && { ...shown(object), text: await object.text() };
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/object") return env.COUNTERS.getByName("one").fetch(request);
    if (url.pathname === "/bucket") {
      const asked = await request.json();
      return Response.json(await bucket(env, asked).catch((error) => ({ error: String(error) })));
    }
    const key = url.searchParams.get("kv");
    if (key === null) return env.ASSETS.fetch(request);
    if (request.method === "PUT") await env.KNOWLEDGE.put(key, await request.text());
    if (request.method === "DELETE") await env.KNOWLEDGE.delete(key);
    return Response.json(await env.KNOWLEDGE.get(key));
  },
};
