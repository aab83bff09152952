// The list of conversations: who I am, whether we are online, the tabs and their tickets.
import { ApiOutlined, BookOutlined, LogoutOutlined } from "@ant-design/icons";
import { Badge, Button, Empty, Segmented, Spin, Tooltip } from "antd";
import { useState } from "react";
import { countTabs, keyText, listTab, tabsFor, type Tab } from "../floor/list.ts";
import type { ConversationKey } from "../wire.ts";
import { useDesk, useWords } from "./context.ts";
import { LanguageSwitch } from "./LanguageSwitch.tsx";
import { TicketRow } from "./TicketRow.tsx";
import { goToChannels, goToKnowledge, useStore } from "./watch.ts";

type Props = { open: ConversationKey | null; onSignOut(): void };

export function ListPane({ open, onSignOut }: Props) {
  const { desk, staff } = useDesk();
  const words = useWords();
  const floor = useStore(desk.floor);
  const marks = useStore(desk.marks);
  const [tab, setTab] = useState<Tab>("mine");
  const counts = countTabs(floor);
  const tickets = listTab(floor, tab);
  const label = (name: Tab) => (
    <span data-testid={`tab-${name}`}>
      {words.tabs[name]}
      {name !== "resolved" && counts[name] > 0 && <span className="tab-count">{counts[name]}</span>}
    </span>
  );

  return (
    <nav className="list-pane" aria-label={words.list.title} data-testid="list">
      <header className="list-head">
        <span className="list-who">{floor.me?.name ?? staff.name}</span>
        <ConnectionMark />
        <span className="spring" />
        {(floor.me ?? staff).role !== "agent" && (
          <Tooltip title={words.knowledge.open}>
            <Button type="text" size="small" icon={<BookOutlined />} aria-label={words.knowledge.open} onClick={() => goToKnowledge("entries")} data-testid="knowledge-open" />
          </Tooltip>
        )}
        {(floor.me ?? staff).role === "supervisor" && (
          <Tooltip title={words.channels.open}>
            <Button type="text" size="small" icon={<ApiOutlined />} aria-label={words.channels.open} onClick={() => goToChannels(null)} data-testid="channels-open" />
          </Tooltip>
        )}
        <LanguageSwitch />
        <Tooltip title={words.signOut}>
          <Button type="text" size="small" icon={<LogoutOutlined />} aria-label={words.signOut} onClick={onSignOut} data-testid="sign-out" />
        </Tooltip>
      </header>
      <div className="list-tabs">
        <Segmented<Tab> block value={tab} onChange={setTab} options={tabsFor(floor.me ?? staff).map((value) => ({ value, label: label(value) }))} />
      </div>
      <ul className="list-rows" data-testid={`rows-${tab}`}>
        {floor.seq === null && <Spin className="list-empty" description={words.list.loading} />}
        {floor.seq !== null && tickets.length === 0 && (
          <Empty className="list-empty" image={Empty.PRESENTED_IMAGE_SIMPLE} description={words.list.empty[tab]} />
        )}
        {tickets.map((ticket) => (
          <TicketRow
            key={ticket.id}
            ticket={ticket}
            open={open !== null && keyText(open) === keyText(ticket)}
            read_to={marks.get(keyText(ticket)) ?? 0}
            agent={tab === "others" ? (floor.agents.get(ticket.agent ?? "")?.name ?? ticket.agent) : null}
          />
        ))}
      </ul>
    </nav>
  );
}

const MARKS = { connecting: "processing", online: "success", reconnecting: "warning", ended: "error" } as const;

function ConnectionMark() {
  const connection = useStore(useDesk().desk.connection);
  const words = useWords();
  return (
    <span role="status" className={`connection connection-${connection}`} data-testid="connection" data-state={connection}>
      <Badge status={MARKS[connection]} text={words.connection[connection]} />
    </span>
  );
}
