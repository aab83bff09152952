// Which word pieces are kept: those of Chinese and English, and single characters that customers type beside them.
import type { SourceModel } from "./source.ts";

/** `▁` stands for a space. */
const space = /▁/g;
const han = /^\p{Script=Han}+$/u;
const ascii = /^[\x21-\x7e]*$/;
/** Punctuation, digits and signs of any script, emoji. */
const sign = /^[\p{P}\p{S}\p{N}]+$/u;
/** One letter of western Europe. */
const accented = /^[\u00c0-\u024f]$/u;

/** The numbers of the pieces that are kept, in order of their bytes: what stands next to each other begins alike. */
export function choosePieces(model: SourceModel, english: SourceModel): number[] {
  const known = new Set(english.pieces.map((piece) => piece.toString("latin1")));
  const { begin, end, unknown } = model.special;
  const isSpecial = (i: number): boolean => i <= Math.max(begin, end, unknown) || i === model.pieces.length - 1;
  const isKept = (i: number): boolean => {
    const piece = model.pieces[i]!;
    const text = piece.toString("utf8").replace(space, "");
    if (isSpecial(i)) return false;
    if (han.test(text) || sign.test(text) || accented.test(text)) return true;
    return ascii.test(text) && (known.has(piece.toString("latin1")) || text.length <= 1);
  };
  return model.pieces
    .map((_, i) => i)
    .filter(isKept)
    .sort((a, b) => Buffer.compare(model.pieces[a]!, model.pieces[b]!));
}
