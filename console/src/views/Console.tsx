// The frame around everything: language, colours, and whether somebody is signed in.
import { App, ConfigProvider, Spin, theme } from "antd";
import zhCN from "antd/locale/zh_CN";
import enUS from "antd/locale/en_US";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { asApiError, createApi, type ApiError } from "../api.ts";
import type { Staff } from "../wire.ts";
import { language } from "../words/language.ts";
import { zh } from "../words/zh.ts";
import { Breakage } from "./Breakage.tsx";
import { WordsContext } from "./context.ts";
import { SignIn } from "./SignIn.tsx";
import { useMedia, useStore } from "./watch.ts";

const DeskScreen = lazy(() => import("./DeskScreen.tsx"));

type Gate =
  | { kind: "asking" }
  | { kind: "out"; ended: boolean; error: ApiError | null }
  | { kind: "in"; staff: Staff };

// The shades that Ant Design would derive from this green are muddy.
const LIGHT = { colorPrimary: "#0b7a6f", colorInfo: "#0b7a6f", colorPrimaryBg: "#e2f3f0", colorPrimaryBorder: "#bfe3dc", colorInfoBg: "#e2f3f0", colorInfoBorder: "#bfe3dc" };
const DARK = { colorPrimary: "#2aa595", colorInfo: "#2aa595", colorPrimaryBg: "#12332f", colorPrimaryBorder: "#1f514a", colorInfoBg: "#12332f", colorInfoBorder: "#1f514a" };
const FONTS = '-apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Segoe UI", Roboto, sans-serif';

export function Console() {
  const words = useStore(language);
  const dark = useMedia("(prefers-color-scheme: dark)");
  useEffect(() => {
    document.documentElement.lang = words.language;
  }, [words]);
  return (
    <ConfigProvider
      locale={words === zh ? zhCN : enUS}
      button={{ autoInsertSpace: false }}
      theme={{
        algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
        token: { ...(dark ? DARK : LIGHT), fontFamily: FONTS, borderRadius: 8 },
      }}
    >
      <App className="app">
        <WordsContext value={words}>
          <Breakage>
            <SessionGate />
          </Breakage>
        </WordsContext>
      </App>
    </ConfigProvider>
  );
}

function SessionGate() {
  const [gate, setGate] = useState<Gate>({ kind: "asking" });
  const leave = useCallback((ended: boolean) => setGate({ kind: "out", ended, error: null }), []);
  const api = useMemo(
    () => createApi(fetch.bind(globalThis), () => setGate((now) => ({ kind: "out", ended: now.kind === "in", error: null }))),
    [],
  );
  useEffect(() => {
    void api.session().then(
      ({ staff }) => setGate({ kind: "in", staff }),
      // Not being signed in is no fault; a worker that cannot answer is.
      (caught) => asApiError(caught).status !== 401 && setGate({ kind: "out", ended: false, error: asApiError(caught) }),
    );
  }, [api]);

  if (gate.kind === "asking") return <Spin className="centred" />;
  if (gate.kind === "out") {
    return <SignIn api={api} ended={gate.ended} fault={gate.error} onSignedIn={(staff) => setGate({ kind: "in", staff })} />;
  }
  return (
    <Suspense fallback={<Spin className="centred" />}>
      <DeskScreen key={gate.staff.id} api={api} staff={gate.staff} onLeft={leave} />
    </Suspense>
  );
}
