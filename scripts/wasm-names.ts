// Takes the names of functions out of a Wasm module: they serve debuggers only, and are a sixteenth of what is deployed.

/** The module without its custom section `name`; everything else byte by byte as it was. */
export function withoutNames(wasm: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const [bytes, body] = number(wasm, at + 1);
    const end = body + bytes;
    if (!(wasm[at] === 0 && customName(wasm, body) === "name")) kept.push(wasm.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}

function customName(wasm: Uint8Array, at: number): string {
  const [length, start] = number(wasm, at);
  return Buffer.from(wasm.subarray(start, start + length)).toString("utf8");
}

/** An unsigned LEB128 of at most 32 bits, and where it ends. */
function number(wasm: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = wasm[at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
  throw new Error("The Wasm ends within a number.");
}
