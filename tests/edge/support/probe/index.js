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

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/object") return env.COUNTERS.getByName("one").fetch(request);
    const key = url.searchParams.get("kv");
    if (key === null) return env.ASSETS.fetch(request);
    if (request.method === "PUT") await env.KNOWLEDGE.put(key, await request.text());
    if (request.method === "DELETE") await env.KNOWLEDGE.delete(key);
    return Response.json(await env.KNOWLEDGE.get(key));
  },
};
