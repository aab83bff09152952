// The editors' page: entries, versions, and, for supervisors, what is learned and the experiments.
import { ArrowLeftOutlined } from "@ant-design/icons";
import { Button, Empty, Segmented } from "antd";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import type { Staff } from "../../wire.ts";
import { useDesk, useWords } from "../context.ts";
import { TABS, type KnowledgeTab } from "../route.ts";
import { goTo, goToKnowledge } from "../watch.ts";
import { ClustersTab } from "./ClustersTab.tsx";
import { EntriesTab } from "./EntriesTab.tsx";
import { ExperimentsTab } from "./ExperimentsTab.tsx";
import { VersionsTab } from "./VersionsTab.tsx";

type Props = { api: KnowledgeApi; tab: KnowledgeTab; id: string | null };

/** The worker tells what customers ask to supervisors only. */
const TABS_OF: Record<Staff["role"], readonly KnowledgeTab[]> = { agent: [], editor: ["entries", "versions"], supervisor: TABS };

export function KnowledgePage({ api, tab, id }: Props) {
  const words = useWords();
  const { staff } = useDesk();
  const tabs = TABS_OF[staff.role];
  const open = tabs.includes(tab) ? tab : null;
  return (
    <main className="page" data-testid="knowledge">
      <header className="page-head">
        <Button type="text" icon={<ArrowLeftOutlined />} aria-label={words.knowledge.back} onClick={() => (id === null ? goTo(null) : goToKnowledge(tab))} data-testid="knowledge-back" />
        <h2 className="knowledge-title">{words.knowledge.title}</h2>
        <span className="spring" />
        {tabs.length > 0 && (
          <Segmented<KnowledgeTab>
            value={tab}
            onChange={(to) => goToKnowledge(to)}
            options={tabs.map((value) => ({ value, label: <span data-testid={`knowledge-${value}`}>{words.knowledge.tabs[value]}</span> }))}
          />
        )}
      </header>
      <div className="page-body">
        <div className="knowledge-body">
          {open === null && <Empty description={staff.role === "agent" ? words.errors["session.not_editor"] : words.knowledge.onlySupervisors} data-testid="knowledge-refused" />}
          {open === "entries" && <EntriesTab api={api} id={id} />}
          {open === "versions" && <VersionsTab api={api} />}
          {open === "clusters" && <ClustersTab api={api} id={id} />}
          {open === "experiments" && <ExperimentsTab api={api} />}
        </div>
      </div>
    </main>
  );
}
