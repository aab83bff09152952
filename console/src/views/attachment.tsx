// A file on its way into a reply: chosen, pasted or dropped, looked at, and uploaded when the reply is sent.
import { CloseOutlined, PaperClipOutlined } from "@ant-design/icons";
import { Button, Spin } from "antd";
import { useRef, useState, type ClipboardEvent, type DragEvent } from "react";
import { asApiError } from "../api.ts";
import type { Desk, Lease } from "../desk.ts";
import { ATTACHMENT_BYTES_MAX } from "../limits.ts";
import type { ConversationKey } from "../wire.ts";
import { errorWords, sizeWords } from "../words/phrases.ts";
import { useWords } from "./context.ts";

type State = { file: File | null; busy: boolean; why: string | null };
const NOTHING: State = { file: null, busy: false, why: null };

export type Attachment = State & {
  take(file: File | undefined): void;
  drop(): void;
  /** Uploads it and sends it as a reply of its own; false: it is still here, and why is told. */
  send(lease: Lease): Promise<boolean>;
};

export function useAttachment(desk: Desk, conversation: ConversationKey): Attachment {
  const words = useWords();
  const [state, setState] = useState<State>(NOTHING);
  return {
    ...state,
    take(file) {
      if (file === undefined || state.busy) return;
      const tooLarge = file.size > ATTACHMENT_BYTES_MAX;
      setState({ file: tooLarge ? null : file, busy: false, why: tooLarge ? words.attachment.tooLarge(sizeWords(ATTACHMENT_BYTES_MAX)) : null });
    },
    drop: () => setState(NOTHING),
    async send(lease) {
      const { file } = state;
      if (file === null) return true;
      setState({ file, busy: true, why: null });
      try {
        const { key, kind, name } = await desk.upload(conversation, file);
        desk.reply(conversation, lease, { key, kind, name });
        setState(NOTHING);
        return true;
      } catch (caught) {
        setState({ file, busy: false, why: errorWords(words, asApiError(caught)) });
        return false;
      }
    },
  };
}

/** What a paste brings as a file; words that come along with a picture of themselves stay words. */
export function pastedFile({ clipboardData }: ClipboardEvent): File | undefined {
  return clipboardData.getData("text/plain") === "" ? clipboardData.files[0] : undefined;
}

export function droppedFile({ dataTransfer }: DragEvent): File | undefined {
  return dataTransfer.files[0];
}

export function AttachButton({ attachment }: { attachment: Attachment }) {
  const words = useWords();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        onChange={(event) => {
          attachment.take(event.target.files?.[0]);
          // The same file may be chosen again.
          event.target.value = "";
        }}
        data-testid="attach-input"
      />
      <Button type="text" icon={<PaperClipOutlined />} aria-label={words.attachment.choose} title={words.attachment.choose} disabled={attachment.busy} onClick={() => input.current?.click()} data-testid="attach" />
    </>
  );
}

export function AttachmentStrip({ attachment: { file, busy, why, drop } }: { attachment: Attachment }) {
  const words = useWords();
  if (file === null && why === null) return null;
  return (
    <div className="attachment" data-testid="attachment">
      {file !== null && (
        <>
          <PaperClipOutlined />
          <span className="attachment-name">{file.name}</span>
          <span className="attachment-size">{sizeWords(file.size)}</span>
        </>
      )}
      {busy && <><Spin size="small" /><span>{words.attachment.uploading}</span></>}
      {why !== null && <span className="attachment-why" role="alert" data-testid="attachment-why">{why}</span>}
      {!busy && <Button type="text" size="small" icon={<CloseOutlined />} aria-label={words.attachment.remove} onClick={drop} data-testid="attachment-remove" />}
    </div>
  );
}
