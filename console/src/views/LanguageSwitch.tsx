// Switches between Chinese and English.
import { Button } from "antd";
import { language } from "../words/language.ts";
import { useWords } from "./context.ts";

export function LanguageSwitch() {
  return (
    <Button type="text" size="small" onClick={language.toggle} data-testid="language-switch">
      {useWords().languageSwitch}
    </Button>
  );
}
