// What is shown when the page itself breaks: a view threw, or its code is gone after a new release.
import { Button } from "antd";
import { Component, type ReactNode } from "react";
import { useWords } from "./context.ts";

export class Breakage extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const words = useWords();
  return (
    <main className="centred broken" role="alert" data-testid="broken">
      <h2>{words.broken}</h2>
      <p>{words.brokenHint}</p>
      <Button type="primary" onClick={() => location.reload()}>{words.reload}</Button>
    </main>
  );
}
