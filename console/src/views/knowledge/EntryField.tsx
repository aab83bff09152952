// One field of an entry's form, with its hint or its fault below.
import { Form, Input, Select, Switch } from "antd";
import type { EntryForm } from "../../knowledge/form.ts";
import { entry } from "../../words/phrases.ts";
import { useWords } from "../context.ts";

type Props = { field: keyof EntryForm; form: EntryForm; fixed: boolean; fault: string | null; onChange(form: EntryForm): void };

const WIDE: readonly string[] = ["question", "answer", "variants"];

export function EntryField({ field, form, fixed, fault, onChange }: Props) {
  const words = useWords();
  const name = field === "valid_from" || field === "valid_to" ? "dates" : field;
  const hint = fixed ? undefined : (entry(words.knowledge.hints, name) ?? undefined);
  return (
    <Form.Item
      label={words.knowledge.fields[field]}
      help={fault ?? hint}
      validateStatus={fault === null ? "" : "error"}
      htmlFor={`entry-${field}`}
      className={WIDE.includes(field) ? "entry-wide" : ""}
      data-testid={`entry-item-${field}`}
    >
      <Control field={field} form={form} fixed={fixed} onChange={onChange} />
    </Form.Item>
  );
}

function Control({ field, form, fixed, onChange }: Omit<Props, "fault">) {
  const marks = { id: `entry-${field}`, disabled: fixed, "data-testid": `entry-field-${field}` };
  switch (field) {
    case "active":
      return <Switch {...marks} checked={form.active} onChange={(active) => onChange({ ...form, active })} />;
    case "channels":
      return <Select {...marks} mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", "，", " "]} value={form.channels} onChange={(channels: string[]) => onChange({ ...form, channels })} />;
    case "answer":
    case "variants":
    case "keywords":
      return (
        <Input.TextArea {...marks} value={form[field]} onChange={(event) => onChange({ ...form, [field]: event.target.value })} autoSize={{ minRows: field === "answer" ? 4 : 3, maxRows: 14 }} />
      );
    default:
      return <Input {...marks} value={form[field]} onChange={(event) => onChange({ ...form, [field]: event.target.value })} />;
  }
}
