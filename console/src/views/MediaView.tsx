// A file of the conversation that we keep: shown, played, or offered to be saved. All from our own origin.
import type { Media } from "../wire.ts";
import { entry, sizeWords } from "../words/phrases.ts";
import { useWords } from "./context.ts";

/** What a browser can show; anything else is saved, not opened. */
const PLAYED = ["audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav", "audio/webm"];

export function mediaAddress(key: string): string {
  return `/api/media/${encodeURIComponent(key)}`;
}

/** `name`: what the file is called when it is saved. */
export function MediaView({ media, name }: { media: Media; name?: string | undefined }) {
  const words = useWords();
  if (media.state === "fetching") return <span className="media-note" data-testid="media-fetching">{words.message.fetching}</span>;
  if (media.state === "lost") {
    return <span className="media-note" data-testid="media-lost">{entry(words.message.lost, media.reason) ?? words.message.noMedia}</span>;
  }
  return <KeptView address={mediaAddress(media.key)} content_type={media.content_type} bytes={media.bytes} name={name} />;
}

type KeptProps = { address: string; content_type: string; bytes?: number; name?: string | undefined };

export function KeptView({ address, content_type, bytes, name }: KeptProps) {
  const words = useWords();
  if (content_type.startsWith("image/")) {
    return (
      <a className="media-picture" href={address} target="_blank" rel="noopener" data-testid="media-image">
        <img src={address} alt={name ?? words.message.picture} loading="lazy" />
      </a>
    );
  }
  if (PLAYED.includes(content_type)) return <audio controls preload="none" src={address} data-testid="media-audio" />;
  if (content_type.startsWith("video/")) return <video controls preload="metadata" src={address} data-testid="media-video" />;
  return (
    <a href={address} download={name ?? ""} data-testid="media-file">
      {bytes === undefined ? (name ?? words.message.kinds.file) : words.message.download(sizeWords(bytes))}
    </a>
  );
}
