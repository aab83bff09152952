// The sign-in page.
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { asApiError, type Api, type ApiError } from "../api.ts";
import type { Staff } from "../wire.ts";
import { errorWords } from "../words/phrases.ts";
import { useWords } from "./context.ts";
import { LanguageSwitch } from "./LanguageSwitch.tsx";

type Props = { api: Api; ended: boolean; fault: ApiError | null; onSignedIn(staff: Staff): void };

export function SignIn({ api, ended, fault, onSignedIn }: Props) {
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(fault);

  async function submit({ login, password }: { login: string; password: string }): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      onSignedIn((await api.signIn(login.trim(), password)).staff);
    } catch (caught) {
      setError(asApiError(caught));
      setBusy(false);
    }
  }

  return (
    <main className="sign-in" data-testid="sign-in">
      <div className="sign-in-card">
        <img className="sign-in-mark" src="/favicon.svg" alt="" width={48} height={48} />
        <h1>{words.product}</h1>
        <p>{words.tagline}</p>
        {ended && error === null && <Alert type="info" showIcon title={words.signIn.ended} data-testid="sign-in-ended" />}
        {error !== null && <Alert type="error" showIcon title={errorWords(words, error)} data-testid="sign-in-error" />}
        <Form layout="vertical" requiredMark={false} disabled={busy} onFinish={(fields) => void submit(fields)}>
          <Form.Item name="login" label={words.signIn.login} rules={[{ required: true, message: words.signIn.loginMissing }]}>
            <Input size="large" autoComplete="username" autoCapitalize="none" autoFocus data-testid="sign-in-login" />
          </Form.Item>
          <Form.Item name="password" label={words.signIn.password} rules={[{ required: true, message: words.signIn.passwordMissing }]}>
            <Input.Password size="large" autoComplete="current-password" data-testid="sign-in-password" />
          </Form.Item>
          <Button type="primary" size="large" htmlType="submit" block loading={busy} data-testid="sign-in-submit">
            {words.signIn.submit}
          </Button>
        </Form>
      </div>
      <LanguageSwitch />
    </main>
  );
}
