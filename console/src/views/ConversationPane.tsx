// One open conversation: head, messages, composer.
import { ArrowLeftOutlined } from "@ant-design/icons";
import { Alert, Button, Spin, Tag } from "antd";
import { useEffect, useMemo, useState } from "react";
import type { Reader } from "../conversation/reader.ts";
import { lastSeen } from "../conversation/thread.ts";
import type { Desk } from "../desk.ts";
import { rightTo, type Right } from "../floor/lease.ts";
import { keyText, ticketOf } from "../floor/list.ts";
import type { ConversationKey, Origin, Ticket } from "../wire.ts";
import { customerName, errorWords, originWords, ticketTitle } from "../words/phrases.ts";
import { Composer } from "./Composer.tsx";
import { useDesk, useWords } from "./context.ts";
import { MessageLog } from "./MessageLog.tsx";
import { PersonButton } from "./PersonButton.tsx";
import { QuotaMeter } from "./QuotaMeter.tsx";
import { useResolve } from "./resolve.tsx";
import { goTo, useStore, useVisible } from "./watch.ts";

type Props = { conversation: ConversationKey; narrow: boolean; desk: Desk };

/** Opens the reader once the floor is known, which tells where the conversation ends. Keyed by conversation. */
export function ConversationPane(props: Props) {
  const { conversation, desk } = props;
  const words = useWords();
  const ready = useStore(desk.floor).seq !== null;
  const [reader, setReader] = useState<Reader | null>(null);
  useEffect(() => {
    if (!ready) return undefined;
    const opened = desk.openConversation(conversation);
    setReader(opened);
    return () => opened.close();
  }, [desk, ready]);
  if (reader === null) return <Spin className="pane centred" description={words.conversation.loading} />;
  return <OpenConversation {...props} reader={reader} />;
}

function OpenConversation({ conversation, narrow, desk, reader }: Props & { reader: Reader }) {
  const { staff } = useDesk();
  const words = useWords();
  const floor = useStore(desk.floor);
  const { thread, error } = useStore(reader.store);
  const ticket = ticketOf(floor, conversation);
  const me = floor.me ?? staff;
  const right = useMemo(() => rightTo(ticket, thread?.head ?? null, me), [ticket, thread?.head, me]);
  const visible = useVisible();
  const seen = thread === null ? 0 : lastSeen(thread);
  useEffect(() => {
    if (visible && seen > 0) desk.marks.move(keyText(conversation), seen);
  }, [visible, seen]);

  return (
    <main className="pane" data-testid="pane">
      <PaneHead conversation={conversation} ticket={ticket} right={right} narrow={narrow} reader={reader} />
      {thread?.head.forgeable === true && (
        <Alert type="warning" banner title={words.conversation.forgeable} data-testid="forgeable" />
      )}
      {typeof thread?.head.native === "string" && (
        <Alert type="warning" banner title={words.conversation.native(thread.head.native)} data-testid="native" />
      )}
      {error !== null && (
        <Alert
          type="warning"
          banner
          title={error.status === 0 || error.status >= 500 ? words.conversation.unread : errorWords(words, error)}
          action={<Button size="small" onClick={() => void reader.refresh()}>{words.conversation.retry}</Button>}
          data-testid="read-error"
        />
      )}
      <MessageLog conversation={conversation} right={right} reader={reader} />
      {right.kind === "mine" ? (
        <>
          <QuotaMeter reader={reader} />
          <Composer conversation={conversation} lease={right} focus={!narrow} />
        </>
      ) : (
        <p className="pane-foot" data-testid="not-mine">{words.composer.notMine[right.kind]}</p>
      )}
    </main>
  );
}

type HeadProps = { conversation: ConversationKey; ticket: Ticket | null; right: Right; narrow: boolean; reader: Reader };

function PaneHead({ conversation, ticket, right, narrow, reader }: HeadProps) {
  const words = useWords();
  const { thread } = useStore(reader.store);
  const { resolve, busy } = useResolve(conversation, reader);
  const state = ticket?.state === "resolved" ? "resolved" : thread?.head.state;
  return (
    <header className="pane-head">
      {narrow && (
        <Button type="text" icon={<ArrowLeftOutlined />} aria-label={words.conversation.back} onClick={() => goTo(null)} data-testid="pane-back" />
      )}
      <div className="pane-title">
        <h2 data-testid="pane-title">{ticket === null ? customerName(words, conversation.customer) : ticketTitle(words, ticket)}</h2>
        <div className="pane-sub">
          <span>{customerName(words, conversation.customer)}</span>
          {state !== undefined && <Tag data-testid="pane-state" data-state={state}>{words.conversation.state[state]}</Tag>}
          {ticket?.urgency === "high" && <Tag color="red">{words.list.urgent}</Tag>}
          {thread?.head.gone === true && <Tag color="orange" data-testid="gone">{words.conversation.gone}</Tag>}
          {thread !== null && <Origins origins={thread.head.origins} />}
        </div>
      </div>
      {thread !== null && <PersonButton conversation={conversation} />}
      {right.kind === "mine" && thread !== null && (
        <Button loading={busy} onClick={() => void resolve(right)} data-testid="resolve">{words.conversation.resolve}</Button>
      )}
    </header>
  );
}

/** Where the customer came from first, and last when that is another place. */
function Origins({ origins }: { origins: readonly Origin[] }) {
  const words = useWords();
  const [first, last] = [origins[0], origins.at(-1)];
  if (first === undefined) return null;
  const told = [words.conversation.cameFrom(originWords(words, first))];
  if (last !== undefined && originWords(words, last) !== originWords(words, first)) told.push(words.conversation.cameLast(originWords(words, last)));
  return <span className="origins" title={told.join(" · ")} data-testid="origins">{told.join(" · ")}</span>;
}
