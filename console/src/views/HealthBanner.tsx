// Says above everything when WeChat's API does not answer for a channel as it should.
import { Alert } from "antd";
import { useEffect, useState } from "react";
import type { Api } from "../api.ts";
import { HEALTH_EVERY_MS } from "../limits.ts";
import type { ChannelHealth } from "../wire.ts";
import { useWords } from "./context.ts";
import { useVisible } from "./watch.ts";

export function HealthBanner({ api }: { api: Api }) {
  const words = useWords();
  const sick = useSickChannels(api);
  if (sick.length === 0) return null;
  return (
    <div className="health" data-testid="health">
      {sick.map(({ channel, state }) => (
        <Alert key={channel} banner type={state === "degraded" ? "warning" : "error"} title={words.health[state](channel)} data-channel={channel} data-state={state} />
      ))}
    </div>
  );
}

type Sick = ChannelHealth & { state: "degraded" | "down" | "refused" };

/** Looks only while the page is seen; a look that fails leaves what is known. */
function useSickChannels(api: Api): Sick[] {
  const visible = useVisible();
  const [sick, setSick] = useState<Sick[]>([]);
  useEffect(() => {
    if (!visible) return undefined;
    let stopped = false;
    const look = async () => {
      const found = await api.channelsHealth().catch(() => null);
      if (!stopped && found !== null) setSick(found.channels.filter((one): one is Sick => ["degraded", "down", "refused"].includes(one.state)));
    };
    void look();
    const ticking = setInterval(() => void look(), HEALTH_EVERY_MS);
    return () => {
      stopped = true;
      clearInterval(ticking);
    };
  }, [api, visible]);
  return sick;
}
