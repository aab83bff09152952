// How many messages may still be sent and until when; the only part of the pane that the clock renders.
import { Progress } from "antd";
import type { Reader } from "../conversation/reader.ts";
import { quotaLevel } from "../conversation/quota.ts";
import { quotaWords } from "../words/phrases.ts";
import { useWords } from "./context.ts";
import { useNow, useStore } from "./watch.ts";

export function QuotaMeter({ reader }: { reader: Reader }) {
  const words = useWords();
  const now_ms = useNow();
  const { thread } = useStore(reader.store);
  if (thread === null) return null;
  const { quota, kept_back = 0, waiting } = thread.head;
  const level = quotaLevel(quota, now_ms, kept_back);
  const open = quota !== null && quota.closes_at_ms > now_ms;
  return (
    <p className={`quota quota-${level}`} data-testid="quota" data-level={level}>
      {open && quota.of > 0 && (
        <Progress className="quota-bar" size="small" steps={quota.of} percent={(100 * quota.left) / quota.of} showInfo={false} aria-hidden />
      )}
      <span>{quotaWords(words, quota, now_ms, kept_back)}</span>
      {waiting > 0 && <span className="quota-waiting" data-testid="quota-waiting">{words.quota.waiting(waiting)}</span>}
    </p>
  );
}
