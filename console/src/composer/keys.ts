// What a key press in the composer means, with input methods in mind. Pure.
import { COMPOSITION_ECHO_MS } from "../limits.ts";

export type KeyPress = {
  key: string;
  keyCode: number;
  isComposing: boolean;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  timeStamp: number;
};

/** `composing`: between compositionstart and compositionend; `ended_at`: the last compositionend's timeStamp. */
export type Composition = { composing: boolean; ended_at: number | null };

export const noComposition: Composition = { composing: false, ended_at: null };

/** The code a browser gives to a key that an input method has taken. */
const TAKEN_BY_INPUT_METHOD = 229;

/**
 * `enter_sends` is false on a phone, whose keyboard has no Shift+Enter. Enter sends only when no input method is
 * involved: not while composing, not as key 229, and not as the echo Safari sends after the composition ended.
 */
export function keyMeaning(press: KeyPress, composition: Composition, enter_sends: boolean): "send" | "text" {
  if (press.key !== "Enter" || press.shiftKey || press.altKey) return "text";
  if (press.isComposing || composition.composing || press.keyCode === TAKEN_BY_INPUT_METHOD) return "text";
  if (composition.ended_at !== null && press.timeStamp - composition.ended_at < COMPOSITION_ECHO_MS) return "text";
  return enter_sends || press.ctrlKey || press.metaKey ? "send" : "text";
}
