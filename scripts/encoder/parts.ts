// Lays the model out as our encoder reads it (src/knowledge/encoder/parts.rs says how): parts of at most 8 MiB.
import type { SourceModel } from "./source.ts";

export const partBytesMax = 8 * 1024 * 1024;
/** Tokens of one text, those around it too. */
const positions = 70;
/** The model's last layer is left out: questions are matched better by the states before it (docs/adr/0028). */
const layers = 11;
const format = 1;
/** A tile is what the kernel takes at a time: this many rows of one block. */
const tileRows = 4;
const blockColumns = 32;
const blockBytes = 18;

export interface Part {
  kind: "vocabulary" | "frame" | "words" | "layers";
  bytes: Buffer;
}

export function layOutParts(model: SourceModel, kept: number[]): Part[] {
  const { begin, end, unknown } = model.special;
  const words = [...kept, begin, end, unknown];
  return [
    { kind: "vocabulary", bytes: vocabulary(model, kept) },
    { kind: "frame", bytes: frame(model) },
    ...inParts("words", words.map((word) => wordRow(model, word))),
    ...inParts("layers", Array.from({ length: layers }, (_, at) => layer(model, at))),
  ];
}

function u32s(values: number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer);
}

const kinds = { vocabulary: 1, frame: 2, words: 3, layers: 4 };

function header(kind: Part["kind"], count: number): Buffer {
  return Buffer.concat([Buffer.from("SDE1"), u32s([format, kinds[kind], count])]);
}

/** Rows of equal length, as many to a part as fit. */
function inParts(kind: Part["kind"], rows: Buffer[]): Part[] {
  const each = Math.floor((partBytesMax - 16) / rows[0]!.length);
  const parts: Part[] = [];
  for (let at = 0; at < rows.length; at += each) {
    const some = rows.slice(at, at + each);
    parts.push({ kind, bytes: Buffer.concat([header(kind, some.length), ...some]) });
  }
  return parts;
}

function vocabulary(model: SourceModel, kept: number[]): Buffer {
  const pieces = kept.map((i) => model.pieces[i]!);
  const ends = (lengths: number[]): number[] => {
    let end = 0;
    return lengths.map((length) => (end += length));
  };
  const unknownScore = model.scores.reduce((least, score) => Math.min(least, score), 0) - 10;
  const numbers = [pieces.reduce((sum, piece) => sum + piece.length, 0), model.normal.length];
  return Buffer.concat([
    header("vocabulary", pieces.length),
    u32s([...numbers, model.normal.reduce((sum, { to }) => sum + to.length, 0)]),
    Buffer.from(Float32Array.of(unknownScore, ...kept.map((i) => model.scores[i]!)).buffer),
    u32s(ends(pieces.map((piece) => piece.length))),
    u32s(model.normal.map(({ from }) => from)),
    u32s(ends(model.normal.map(({ to }) => to.length))),
    u32s(model.normal.flatMap(({ to }) => to)),
    ...pieces,
  ]);
}

/** Where a word stands, with the one token type added; then the first normalisation. */
function frame(model: SourceModel): Buffer {
  const position = floats(model.tensor("emb.pos")).slice(0, positions * model.width);
  const type = floats(model.tensor("emb.type"));
  const added = position.map((value, i) => value + type[i % model.width]!);
  return Buffer.concat([header("frame", positions), Buffer.from(added.buffer), model.tensor("emb.ln.w"), model.tensor("emb.ln.b")]);
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function wordRow(model: SourceModel, word: number): Buffer {
  const rowBytes = (model.width / blockColumns) * blockBytes;
  return model.tensor("emb.word").subarray(word * rowBytes, (word + 1) * rowBytes);
}

function layer(model: SourceModel, at: number): Buffer {
  const of = (name: string): Buffer => model.tensor(`l${at}.${name}`);
  const { width, inner } = model;
  return Buffer.concat([
    tiles(Buffer.concat([of("q.w"), of("k.w"), of("v.w")]), width),
    ...["q.b", "k.b", "v.b"].map(of),
    tiles(of("ao.w"), width),
    ...["ao.b", "aln.w", "aln.b"].map(of),
    tiles(of("fi.w"), width),
    of("fi.b"),
    tiles(of("fo.w"), inner),
    ...["fo.b", "oln.w", "oln.b"].map(of),
  ]);
}

/**
 * Rows of blocks (scale, 16 bytes: column j low, column j + 16 high) become tiles: four scales, then 64 bytes, of
 * which byte 16 v + 4 r + c holds columns 4 v + c (low) and 4 v + c + 16 (high) of row r.
 */
function tiles(rows: Buffer, columns: number): Buffer {
  const blocks = columns / blockColumns;
  const out = Buffer.alloc(rows.length);
  const count = rows.length / (blockBytes * tileRows);
  for (let tile = 0; tile < count; tile += 1) {
    const to = tile * blockBytes * tileRows;
    for (let r = 0; r < tileRows; r += 1) {
      const row = Math.floor(tile / blocks) * tileRows + r;
      const from = (row * blocks + (tile % blocks)) * blockBytes;
      rows.copy(out, to + 2 * r, from, from + 2);
      for (let j = 0; j < 16; j += 1)
        out[to + 2 * tileRows + 16 * (j >> 2) + 4 * r + (j & 3)] = rows[from + 2 + j]!;
    }
  }
  return out;
}
