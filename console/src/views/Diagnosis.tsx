// Walks the chain between WeChat and us for one channel, and says what to do about the part that fails.
import { CheckCircleFilled, CloseCircleFilled, ExclamationCircleFilled, MinusCircleOutlined } from "@ant-design/icons";
import { Alert, Button, Modal, Spin } from "antd";
import { useState } from "react";
import { asApiError, type Api, type ApiError } from "../api.ts";
import type { Channel, Check } from "../wire.ts";
import { bilingual, errorWords } from "../words/phrases.ts";
import { useWords } from "./context.ts";

type Found = { kind: "asking" } | { kind: "checks"; checks: Check[] } | { kind: "error"; error: ApiError };

export function DiagnosisButton({ api, channel }: { api: Api; channel: Channel }) {
  const words = useWords();
  const [found, setFound] = useState<Found | null>(null);

  async function run(): Promise<void> {
    setFound({ kind: "asking" });
    try {
      setFound({ kind: "checks", checks: (await api.diagnose(channel.id)).checks });
    } catch (caught) {
      setFound({ kind: "error", error: asApiError(caught) });
    }
  }

  const again = <Button onClick={() => void run()} loading={found?.kind === "asking"} data-testid="diagnose-again">{words.doctor.again}</Button>;
  return (
    <>
      <Button onClick={() => void run()} data-testid="diagnose">{words.doctor.run}</Button>
      <Modal open={found !== null} onCancel={() => setFound(null)} title={words.doctor.title(channel.settings.name)} footer={again} width={600} centered destroyOnHidden>
        <div className="diagnosis" data-testid="diagnosis">
          {found?.kind === "asking" && <Spin description={words.doctor.running}><div className="diagnosis-wait" /></Spin>}
          {found?.kind === "error" && <Alert type="error" title={errorWords(words, found.error)} />}
          {found?.kind === "checks" && <Checks checks={found.checks} />}
        </div>
      </Modal>
    </>
  );
}

const MARKS = { ok: CheckCircleFilled, warning: ExclamationCircleFilled, failed: CloseCircleFilled, skipped: MinusCircleOutlined } as const;

function Checks({ checks }: { checks: readonly Check[] }) {
  const words = useWords();
  const troubles = checks.filter(({ verdict }) => verdict === "failed" || verdict === "warning").length;
  return (
    <>
      <p className="diagnosis-sum" data-testid="diagnosis-sum">{troubles === 0 ? words.doctor.allGood : words.doctor.troubles(troubles)}</p>
      <ul>
        {checks.map((check) => {
          const Mark = MARKS[check.verdict] ?? MinusCircleOutlined;
          return (
            <li key={check.id} className={`check check-${check.verdict}`} data-testid="check" data-check={check.id} data-verdict={check.verdict}>
              <Mark aria-label={words.doctor.verdicts[check.verdict]} />
              <div>
                <b>{bilingual(words, check.title)}</b>
                {check.detail && <span className="check-detail">{check.detail}</span>}
                {check.fix && <p className="check-fix">{words.doctor.fix}：{bilingual(words, check.fix)}</p>}
                {check.code && check.verdict !== "ok" && check.verdict !== "skipped" && <code className="check-code">{check.code}</code>}
              </div>
            </li>
          );
        })}
      </ul>
    </>
  );
}
