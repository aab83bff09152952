// What is shown of a mood: the aspects that are strong enough, and what can be said against them. Pure.
import { MOOD_SHOWN } from "../limits.ts";
import type { Aspect, Message, Mood, MoodLabels } from "../wire.ts";

export const ASPECTS: readonly Aspect[] = ["anger", "abuse", "urgency", "negative"];

export function shownAspects(mood: Mood | undefined, labels: MoodLabels = {}): Aspect[] {
  return ASPECTS.filter((aspect) => labels[aspect] ?? (mood?.[aspect] ?? 0) >= MOOD_SHOWN);
}

/** Whether a customer's message has words that can have a mood. */
export function hasWords({ content }: Pick<Message, "content">): boolean {
  if (content.kind === "text") return content.text.trim() !== "";
  return content.kind === "voice" && (content.recognition ?? "").trim() !== "";
}
