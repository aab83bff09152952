// One ticket of the list.
import { WarningFilled } from "@ant-design/icons";
import { Badge, Tag } from "antd";
import { memo } from "react";
import { keyText } from "../floor/list.ts";
import { waitLevel } from "../floor/wait.ts";
import type { Ticket } from "../wire.ts";
import { clockWords, customerName, momentWords, pressesBecause, ticketTitle } from "../words/phrases.ts";
import { useWords } from "./context.ts";
import { MoodTags } from "./MoodMark.tsx";
import { goTo, useNow } from "./watch.ts";

type Props = { ticket: Ticket; open: boolean; read_to: number; agent: string | null };

export const TicketRow = memo(function TicketRow({ ticket, open, read_to, agent }: Props) {
  const words = useWords();
  const unread = ticket.state !== "resolved" && ticket.last_seq > read_to;
  return (
    <li>
      <button
        type="button"
        className={`row${open ? " row-open" : ""}${unread ? " row-unread" : ""}`}
        aria-current={open ? "true" : undefined}
        onClick={() => goTo(ticket)}
        data-testid="ticket-row"
        data-ticket={ticket.id}
        data-conversation={keyText(ticket)}
        data-unread={unread}
      >
        <span className="row-line">
          {unread && <span className="row-dot" role="img" aria-label={words.list.unread} data-testid="ticket-unread" />}
          <span className="row-title">{ticketTitle(words, ticket)}</span>
          {ticket.state !== "resolved" && ticket.unanswered > 0 && (
            <Badge count={ticket.unanswered} size="small" title={words.list.unanswered(ticket.unanswered)} data-testid="ticket-unanswered" />
          )}
        </span>
        <span className="row-line row-small">
          <span className="row-customer">{customerName(words, ticket.customer)}</span>
          {agent !== null && <span className="row-customer">{words.list.takenBy(agent)}</span>}
          {ticket.urgency === "high" && <Tag color="red" title={pressesBecause(words, ticket)} data-testid="ticket-urgent">{words.list.urgent}</Tag>}
          {ticket.mood && <MoodTags mood={ticket.mood} of={["anger", "abuse"]} />}
          {ticket.trouble && (
            <span className="row-trouble" role="img" aria-label={words.list.trouble} title={words.list.trouble} data-testid="ticket-trouble">
              <WarningFilled />
            </span>
          )}
          <span className="spring" />
          {ticket.state !== "resolved" && ticket.waiting_since_ms !== null && <Waiting since_ms={ticket.waiting_since_ms} />}
          {ticket.resolved_at_ms !== null && <Resolved at_ms={ticket.resolved_at_ms} />}
        </span>
      </button>
    </li>
  );
});

function Resolved({ at_ms }: { at_ms: number }) {
  const words = useWords();
  return <span data-testid="ticket-resolved">{words.list.resolved(momentWords(words, at_ms, useNow()))}</span>;
}

function Waiting({ since_ms }: { since_ms: number }) {
  const words = useWords();
  const waited_ms = useNow() - since_ms;
  const time = clockWords(words, waited_ms);
  return (
    <span className={`wait wait-${waitLevel(waited_ms)}`} data-testid="ticket-waiting">
      {words.list.waiting(time)}
    </span>
  );
}
