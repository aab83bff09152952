// The messages of the open conversation, kept at the bottom while the agent is there.
import { DownOutlined } from "@ant-design/icons";
import { Button, Divider, Spin } from "antd";
import { memo, useLayoutEffect, useMemo, useRef, useState } from "react";
import { linesOf, type Line } from "../conversation/lines.ts";
import type { Reader } from "../conversation/reader.ts";
import { olderAfter, resentSeqs } from "../conversation/thread.ts";
import type { Right } from "../floor/lease.ts";
import { keyText } from "../floor/list.ts";
import type { ConversationKey, Message } from "../wire.ts";
import { dayWords } from "../words/phrases.ts";
import { AnswerView, EventView, MessageView } from "./MessageView.tsx";
import { PendingView } from "./PendingView.tsx";
import { useDesk, useWords } from "./context.ts";
import { useStore } from "./watch.ts";

const NO_MESSAGES: readonly Message[] = [];

type Props = { conversation: ConversationKey; right: Right; reader: Reader };

/** Every frame renders the pane; the messages only when they or the right to answer them changed. */
export const MessageLog = memo(function MessageLog({ conversation, right, reader }: Props) {
  const { desk } = useDesk();
  const words = useWords();
  const { thread, loading_older, error } = useStore(reader.store);
  const replies = useStore(desk.replies.store);
  const pending = useMemo(() => replies.filter((reply) => keyText(reply.key) === keyText(conversation)), [replies, conversation]);
  const messages = thread?.messages ?? NO_MESSAGES;
  const lines = useMemo(() => linesOf(messages, pending), [messages, pending]);
  const resent = useMemo(() => resentSeqs([...messages, ...pending.filter(({ state }) => state.kind !== "refused").map(({ request }) => request)]), [messages, pending]);
  const { box, onScroll, below, toBottom } = useStickyBottom(lines);

  function show(line: Line) {
    switch (line.kind) {
      case "day":
        return <Divider key={line.key} plain className="day">{dayWords(words, line.at_ms, Date.now())}</Divider>;
      case "event":
        return <EventView key={line.key} message={line.message} />;
      case "answer":
        return <AnswerView key={line.key} message={line.message} />;
      case "message":
        return <MessageView key={line.key} message={line.message} conversation={conversation} right={right} resent={resent.has(line.message.seq)} />;
      case "pending":
        return <PendingView key={line.key} reply={line.reply} conversation={conversation} right={right} left={thread?.head.quota?.left ?? 0} />;
    }
  }

  return (
    <div className="log-frame">
      <div className="log" ref={box} onScroll={onScroll} role="log" aria-label={words.conversation.log} tabIndex={0} data-testid="messages">
        {thread === null && error === null && <Spin className="list-empty" description={words.conversation.loading} />}
        {thread !== null && olderAfter(thread) !== null && (
          <Button type="link" size="small" className="older" loading={loading_older} onClick={reader.readOlder} data-testid="older">
            {words.conversation.older}
          </Button>
        )}
        {lines.map(show)}
      </div>
      {below && (
        <Button className="to-bottom" shape="round" size="small" icon={<DownOutlined />} onClick={toBottom} data-testid="new-below">
          {words.conversation.newBelow}
        </Button>
      )}
    </div>
  );
});

/** Pixels from the end within which the reader counts as being at the end. */
const NEAR_END_PX = 48;

/** Follows new lines while at the end; otherwise keeps what is being read where it is, and says that there is more. */
function useStickyBottom(lines: readonly Line[]) {
  const box = useRef<HTMLDivElement>(null);
  const place = useRef({ at_end: true, first: "", last: "", height: 0 });
  const [below, setBelow] = useState(false);

  useLayoutEffect(() => {
    const log = box.current;
    if (log === null) return;
    const before = place.current;
    const first = lines.find(({ kind }) => kind !== "day")?.key ?? "";
    const last = lines.at(-1)?.key ?? "";
    if (first !== before.first && last === before.last) log.scrollTop += log.scrollHeight - before.height;
    else if (before.at_end || lines.at(-1)?.kind === "pending") log.scrollTop = log.scrollHeight;
    else if (last !== before.last) setBelow(true);
    place.current = { ...before, first, last, height: log.scrollHeight };
  }, [lines]);

  function onScroll(): void {
    const log = box.current;
    if (log === null) return;
    const at_end = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
    place.current.at_end = at_end;
    if (at_end) setBelow(false);
  }

  function toBottom(): void {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }

  return { box, onScroll, below, toBottom };
}
