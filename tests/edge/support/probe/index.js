// A worker that only shows its bindings, so that the stand-ins are tested in the real runtime.
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const key = url.searchParams.get("kv");
    if (key === null) return env.ASSETS.fetch(request);
    if (request.method === "PUT") await env.KNOWLEDGE.put(key, await request.text());
    if (request.method === "DELETE") await env.KNOWLEDGE.delete(key);
    return Response.json(await env.KNOWLEDGE.get(key));
  },
};
