// How the encoder's files are made: single files out of a wheel, and which word pieces are kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import type { SourceModel } from "../../scripts/encoder/source.ts";
import { choosePieces } from "../../scripts/encoder/vocabulary.ts";
import { unpackFile } from "../../scripts/encoder/wheel.ts";

/** A zip archive as the format's description has it, with the fields that matter. */
function zipOf(files: { name: string; bytes: Buffer; deflated: boolean }[]): Buffer {
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, deflated } of files) {
    const packed = deflated ? deflateRawSync(bytes) : bytes;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(deflated ? 8 : 0, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    body.push(header, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    at += header.length + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...body, ...directory, end]);
}

test("a file is taken out of a wheel by its name, packed or not", () => {
  const [one, two] = [Buffer.from("一".repeat(1000)), Buffer.from("two")];
  const wheel = zipOf([
    { name: "a/one.bin", bytes: one, deflated: true },
    { name: "a/two.bin", bytes: two, deflated: false },
  ]);
  assert.deepEqual(unpackFile(wheel, "a/one.bin"), one);
  assert.deepEqual(unpackFile(wheel, "a/two.bin"), two);
  assert.throws(() => unpackFile(wheel, "two.bin"), /holds no two\.bin/);
  assert.throws(() => unpackFile(Buffer.from("PK"), "a"), /no zip archive/);
});

test("Han, signs, single letters and the English cut's words are kept, in order of their bytes", () => {
  const model = (texts: string[]): SourceModel =>
    ({
      pieces: texts.map((text) => Buffer.from(text)),
      special: { begin: 0, end: 2, unknown: 3 },
    }) as Partial<SourceModel> as SourceModel;
  const specials = ["<s>", "<pad>", "</s>", "<unk>"];
  const texts = ["▁的", "退货", "▁return", "▁rückgabe", "возврат", "返す", "!!!", "😂", "é", "Q", "▁ritorno", "▁", "<mask>"];
  const kept = choosePieces(model([...specials, ...texts]), model(["▁return", "▁rückgabe"]));
  const words = kept.map((i) => [...specials, ...texts][i]!);
  assert.deepEqual(words, ["!!!", "Q", "é", "▁", "▁return", "▁的", "退货", "😂"]);
});
