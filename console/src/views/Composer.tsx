// Where the agent writes.
import { SendOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useEffect, useRef, useSyncExternalStore, type ClipboardEvent, type CompositionEvent, type DragEvent, type KeyboardEvent } from "react";
import { keyMeaning, noComposition, type Composition } from "../composer/keys.ts";
import { bytesOf, isSendable } from "../composer/text.ts";
import type { Lease } from "../desk.ts";
import { keyText } from "../floor/list.ts";
import { REPLY_BYTES_MAX } from "../limits.ts";
import type { ConversationKey } from "../wire.ts";
import { AttachButton, AttachmentStrip, droppedFile, pastedFile, useAttachment } from "./attachment.tsx";
import { useDesk, useWords } from "./context.ts";
import { useMedia } from "./watch.ts";

type Props = { conversation: ConversationKey; lease: Lease; focus: boolean };

export function Composer({ conversation, lease, focus }: Props) {
  const { desk } = useDesk();
  const words = useWords();
  const phone = useMedia("(pointer: coarse)");
  const name = keyText(conversation);
  const text = useSyncExternalStore(desk.drafts.subscribe, () => desk.drafts.read(name));
  const box = useRef<TextAreaRef>(null);
  const composition = useRef<Composition>(noComposition);
  useEffect(() => {
    if (focus) box.current?.focus({ preventScroll: true });
  }, [focus]);

  const attachment = useAttachment(desk, conversation);
  const ready = !attachment.busy && (isSendable(text) || (text.trim() === "" && attachment.file !== null));

  /** The file first, then the words about it: each is a message of its own. */
  async function send(): Promise<void> {
    if (!ready || !(await attachment.send(lease))) return;
    const words_now = desk.drafts.read(name);
    if (isSendable(words_now)) {
      desk.reply(conversation, lease, words_now);
      desk.drafts.write(name, "");
    }
    box.current?.focus({ preventScroll: true });
  }

  function paste(event: ClipboardEvent): void {
    const file = pastedFile(event);
    if (file === undefined) return;
    event.preventDefault();
    attachment.take(file);
  }

  function drop(event: DragEvent): void {
    const file = droppedFile(event);
    if (file === undefined) return;
    event.preventDefault();
    attachment.take(file);
  }

  function press(event: KeyboardEvent): void {
    if (keyMeaning(pressOf(event), composition.current, !phone) !== "send") return;
    event.preventDefault();
    void send();
  }

  function endComposition(event: CompositionEvent): void {
    composition.current = { composing: false, ended_at: event.timeStamp };
  }

  const bytes = bytesOf(text);
  const over = bytes - REPLY_BYTES_MAX;
  return (
    <div className="composer" onDragOver={(event) => event.preventDefault()} onDrop={drop} data-testid="composer">
      <AttachmentStrip attachment={attachment} />
      <Input.TextArea
        ref={box}
        value={text}
        autoSize={{ minRows: 2, maxRows: 8 }}
        aria-label={words.composer.label}
        placeholder={phone ? words.composer.placeholderPhone : words.composer.placeholder}
        status={over > 0 ? "error" : ""}
        onChange={(event) => desk.drafts.write(name, event.target.value)}
        onKeyDown={press}
        onPaste={paste}
        onCompositionStart={() => (composition.current = { composing: true, ended_at: null })}
        onCompositionEnd={endComposition}
        data-testid="composer-text"
      />
      <div className="composer-foot">
        <AttachButton attachment={attachment} />
        <span className={over > 0 ? "bytes bytes-over" : "bytes"} data-testid="composer-bytes">
          {over > 0 ? words.composer.tooLong(over) : words.composer.bytes(bytes, REPLY_BYTES_MAX)}
        </span>
        <Button type="primary" icon={<SendOutlined />} disabled={!ready} onClick={() => void send()} data-testid="composer-send">
          {words.composer.send}
        </Button>
      </div>
    </div>
  );
}

function pressOf(event: KeyboardEvent) {
  const { key, shiftKey, ctrlKey, metaKey, altKey, timeStamp } = event;
  // React copies neither of these two from the browser's event.
  const { keyCode, isComposing } = event.nativeEvent;
  return { key, keyCode, isComposing, shiftKey, ctrlKey, metaKey, altKey, timeStamp };
}
