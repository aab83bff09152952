// Takes single files out of a wheel, which is a zip archive.
import { inflateRawSync } from "node:zlib";
import { Refusal } from "../shell.ts";

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const deflated = 8;

/** The bytes of `name`. */
export function unpackFile(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || archive.readUInt32LE(end) !== endOfDirectory) throw new Refusal("The wheel is no zip archive.");
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== directoryEntry) throw new Refusal("The wheel's list of files is damaged.");
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const found = archive.toString("utf8", at + 46, at + 46 + nameBytes!);
    if (found === name) return unpackEntry(archive, at);
    at += 46 + nameBytes! + extraBytes! + commentBytes!;
  }
  throw new Refusal(`The wheel holds no ${name}.`);
}

function unpackEntry(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const packedBytes = archive.readUInt32LE(entry + 20);
  const header = archive.readUInt32LE(entry + 42);
  const from = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const packed = archive.subarray(from, from + packedBytes);
  return method === deflated ? inflateRawSync(packed) : packed;
}
