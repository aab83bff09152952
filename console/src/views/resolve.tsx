// Resolving: asks first, and asks again when the customer has written meanwhile.
import { App, type ModalFuncProps } from "antd";
import { useState } from "react";
import type { Reader } from "../conversation/reader.ts";
import { customerAfter, lastSeen } from "../conversation/thread.ts";
import type { Lease } from "../desk.ts";
import { keyText } from "../floor/list.ts";
import type { ConversationKey, Message } from "../wire.ts";
import { errorWords } from "../words/phrases.ts";
import type { Words } from "../words/zh.ts";
import { ContentView } from "./ContentView.tsx";
import { useDesk, useWords } from "./context.ts";

export function useResolve(conversation: ConversationKey, reader: Reader) {
  const { desk } = useDesk();
  const words = useWords();
  const { message, modal } = App.useApp();
  const [busy, setBusy] = useState(false);

  function askFirst(): Promise<boolean> {
    const begun = desk.drafts.read(keyText(conversation)).trim() !== "";
    return confirm({
      title: words.conversation.resolve,
      content: begun ? words.conversation.resolveDrop : words.conversation.resolveConfirm,
      okText: words.conversation.resolve,
      cancelText: words.conversation.cancel,
    });
  }

  function askAgain(news: readonly Message[]): Promise<boolean> {
    return confirm({
      title: words.conversation.newMessages(news.length),
      content: <NewMessages words={words} messages={news} />,
      okText: words.conversation.resolveAnyway,
      cancelText: words.conversation.keepTalking,
      autoFocusButton: "cancel",
    });
  }

  async function confirm(question: ModalFuncProps): Promise<boolean> {
    return await modal.confirm({ ...question, centered: true, okButtonProps: { "data-testid": "resolve-ok" } });
  }

  /** Ends when resolved, refused, or when the agent keeps the conversation. */
  async function resolve(lease: Lease): Promise<void> {
    let seen = lastSeenBy(reader);
    if (!(await askFirst())) return;
    for (;;) {
      setBusy(true);
      const outcome = await desk.resolve(conversation, lease, seen);
      setBusy(false);
      if (outcome.kind === "answered") return void message.success(words.conversation.resolved);
      if (outcome.error.code !== "resolution.new_messages") return void message.error(errorWords(words, outcome.error));
      await reader.refresh();
      const news = customerAfter(reader.store.read().thread?.messages ?? [], seen);
      if (!(await askAgain(news))) return;
      seen = lastSeenBy(reader);
    }
  }

  return { resolve, busy };
}

function lastSeenBy(reader: Reader): number {
  const { thread } = reader.store.read();
  return thread === null ? 0 : lastSeen(thread);
}

function NewMessages({ words, messages }: { words: Words; messages: readonly Message[] }) {
  return (
    <div className="new-messages" data-testid="new-messages">
      <p>{words.conversation.newMessagesHint}</p>
      {messages.map((message) => (
        <div className="bubble bubble-customer" key={message.seq}>
          <ContentView content={message.content} media={message.media} />
        </div>
      ))}
    </div>
  );
}
