// Stands in for an R2 bucket under plain workerd: one file an object, a line of JSON about it before its bytes. The
// disk service writes a file beside the old one and renames it, so an object is there whole or not at all.
//
// It speaks what the runtime's binding speaks: a request's JSON in the header cf-r2-request (reading) or before the
// value in the body (writing, its length in cf-r2-metadata-size); answers begin with JSON in the same way.

/** Far above the largest file of WeChat's (20 MB); the real bucket takes 5 GiB. */
const objectBytesMax = 32 * 1024 * 1024;
/** As the real bucket's: keys and values of custom metadata together. */
const customBytesMax = 8 * 1024;
/** What a file system takes as a name, less what the disk service adds while it writes. */
const nameBytesMax = 200;
const listMax = 1000;

const noSuchKey = () => refusal(404, 10007, "The specified key does not exist.");
const tooLarge = () => refusal(400, 100100, `This stand-in takes objects of at most ${objectBytesMax} bytes.`);
const metadataTooLarge = () => refusal(400, 10012, "The custom metadata is too large.");
const badName = () => refusal(400, 10020, `This stand-in takes keys of 1 to ${nameBytesMax} encoded bytes.`);
const badDigest = (name) => refusal(400, 10037, `The ${name} checksum does not match what was received.`);
const badRange = () => refusal(416, 10039, "The requested range is not satisfiable.");
const notHere = (what) => refusal(400, 10029, `This stand-in knows no ${what}.`);

const digests = [
  { field: "md5", algorithm: "MD5", index: 0 },
  { field: "sha1", algorithm: "SHA-1", index: 1 },
  { field: "sha256", algorithm: "SHA-256", index: 2 },
  { field: "sha384", algorithm: "SHA-384", index: 3 },
  { field: "sha512", algorithm: "SHA-512", index: 4 },
];

/** An error as the binding reads it; `v4code` is lower case there. */
function refusal(status, v4code, message) {
  const error = JSON.stringify({ version: 1, v4code, message });
  return new Response(null, { status, headers: { "cf-r2-error": error } });
}

/** JSON, then bytes. */
function answer(about, bytes = new Uint8Array()) {
  const head = new TextEncoder().encode(JSON.stringify(about));
  return new Response(new Blob([head, bytes]), {
    headers: { "cf-r2-metadata-size": String(head.length), "content-type": "application/json" },
  });
}

/** A key as a file name: reversible, and never hidden or nested. */
const nameOf = (key) => encodeURIComponent(key).replaceAll(".", "%2E").replaceAll("%", "=");
const keyOf = (name) => decodeURIComponent(name.replaceAll("=", "%"));
const isKey = (key) => typeof key === "string" && key !== "" && nameOf(key).length <= nameBytesMax;
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function load(env, key) {
  const found = await env.DISK.fetch("http://disk/" + nameOf(key));
  if (!found.ok) {
    await found.body?.cancel();
    return null;
  }
  const file = new Uint8Array(await found.arrayBuffer());
  const end = file.indexOf(0x0a);
  return { about: JSON.parse(new TextDecoder().decode(file.subarray(0, end))), bytes: file.subarray(end + 1) };
}

/** Where a range begins and how long it is; nothing when it has no byte of the object. */
function rangeOf({ offset, length, suffix } = {}, size) {
  if (suffix !== undefined) {
    const bytes = Math.min(Number(suffix), size);
    return bytes > 0 ? { offset: size - bytes, length: bytes } : null;
  }
  const from = Number(offset ?? 0);
  const bytes = Math.min(Number(length ?? size - from), size - from);
  return from >= 0 && bytes > 0 ? { offset: from, length: bytes } : null;
}

async function get(env, { object, range, rangeHeader, onlyIf }) {
  if (rangeHeader !== undefined || onlyIf !== undefined) return notHere("conditions and no range as a header");
  const found = await load(env, object);
  if (!found) return noSuchKey();
  if (range === undefined)
    return answer({ ...found.about, range: { offset: 0, length: found.about.size } }, found.bytes);
  const part = rangeOf(range, found.about.size);
  if (!part) return badRange();
  const bytes = found.bytes.subarray(part.offset, part.offset + part.length);
  return answer({ ...found.about, range: part }, bytes);
}

async function head(env, { object }) {
  const found = await load(env, object);
  return found ? answer(found.about) : noSuchKey();
}

/** The digests that were asked for, and MD5 always: it is the ETag. Gives the name of one that does not match. */
async function checksumsOf(bytes, asked) {
  const checksums = {};
  for (const { field, algorithm, index } of digests) {
    const wanted = asked[field];
    if (wanted === undefined && field !== "md5") continue;
    const digest = new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
    const given = field === "md5" ? btoa(String.fromCharCode(...digest)) : hex(digest);
    if (wanted !== undefined && wanted !== given) return { mismatch: field };
    checksums[index] = hex(digest);
  }
  return { checksums };
}

async function put(env, about, bytes) {
  const { object, customFields = [], httpFields = {}, onlyIf } = about;
  if (onlyIf !== undefined) return notHere("conditions");
  if (bytes.length > objectBytesMax) return tooLarge();
  const customBytes = customFields.reduce((sum, { k, v }) => sum + new TextEncoder().encode(k + v).length, 0);
  if (customBytes > customBytesMax) return metadataTooLarge();
  const { checksums, mismatch } = await checksumsOf(bytes, about);
  if (mismatch) return badDigest(mismatch);
  const version = hex(crypto.getRandomValues(new Uint8Array(16)));
  const stored = {
    name: object,
    version,
    size: bytes.length,
    etag: checksums[0],
    uploaded: Date.now(),
    httpFields,
    customFields,
    checksums,
  };
  const body = await new Blob([JSON.stringify(stored), "\n", bytes]).arrayBuffer();
  const written = await env.DISK.fetch("http://disk/" + nameOf(object), { method: "PUT", body });
  return written.ok ? answer(stored) : refusal(500, 10001, "The disk did not take it.");
}

async function remove(env, { object, objects = [object] }) {
  for (const key of objects) await env.DISK.fetch("http://disk/" + nameOf(key), { method: "DELETE" });
  return new Response();
}

async function list(env, { limit = listMax, prefix = "", cursor, startAfter, delimiter, include = [] }) {
  if (delimiter !== undefined) return notHere("delimiter");
  if (limit < 1 || limit > listMax) return refusal(400, 10022, `A list has 1 to ${listMax} keys.`);
  const after = [startAfter, cursor && keyOf(cursor)].filter(Boolean).sort().at(-1) ?? "";
  const entries = await (await env.DISK.fetch("http://disk/")).json();
  const keys = entries.filter(({ type }) => type === "file").map(({ name }) => keyOf(name));
  const wanted = keys.filter((key) => key.startsWith(prefix) && key > after).sort();
  const found = [];
  for (const key of wanted.slice(0, limit)) {
    const about = (await load(env, key))?.about;
    if (!about) continue;
    const httpFields = include.includes(0) ? about.httpFields : {};
    const customFields = include.includes(1) ? about.customFields : [];
    found.push({ ...about, httpFields, customFields });
  }
  const truncated = wanted.length > limit;
  const next = truncated ? { cursor: nameOf(wanted[limit - 1]) } : {};
  return answer({ objects: found, truncated, ...next, delimitedPrefixes: [] });
}

/** What is asked, and with it the value of a `put`. */
async function readRequest(request) {
  if (request.method === "GET") return { about: JSON.parse(request.headers.get("cf-r2-request")) };
  const body = new Uint8Array(await request.arrayBuffer());
  const size = Number(request.headers.get("cf-r2-metadata-size"));
  return { about: JSON.parse(new TextDecoder().decode(body.subarray(0, size))), bytes: body.subarray(size) };
}

export default {
  async fetch(request, env) {
    const { about, bytes } = await readRequest(request);
    const known = { get, head, put, delete: remove, list }[about.method];
    if (!known) return notHere(`operation ${about.method}`);
    const keys = about.method === "list" ? [] : (about.objects ?? [about.object]);
    return keys.every(isKey) ? known(env, about, bytes) : badName();
  },
};
