// What a message says, told honestly: nothing is fetched from an address in a message.
import type { ReactNode } from "react";
import type { Content, Media } from "../wire.ts";
import { isWebAddress } from "../conversation/address.ts";
import { useWords } from "./context.ts";
import { KeptView, MediaView, mediaAddress } from "./MediaView.tsx";

export function ContentView({ content, media }: { content: Content; media?: Media | undefined }) {
  const words = useWords();
  const { kinds } = words.message;
  const kept = media === undefined ? null : <MediaView media={media} name={content.kind === "file" ? content.title : undefined} />;
  switch (content.kind) {
    case "text":
      return <span className="text">{content.text}</span>;
    case "image":
      return kept ? <Card kind={kinds.image}>{kept}</Card> : <Card kind={kinds.image} text={words.message.noPicture} url={content.url} open={words.message.openPicture} />;
    case "voice":
      return <Card kind={kinds.voice} text={content.recognition || words.message.noRecognition}>{kept}</Card>;
    case "video":
      return kept ? <Card kind={kinds.video}>{kept}</Card> : <Card kind={kinds.video} text={words.message.noMedia} />;
    case "location":
      return <Card kind={kinds.location} text={`${content.label} (${content.latitude}, ${content.longitude})`.trim()} />;
    case "link":
      return <Card kind={kinds.link} text={`${content.title}\n${content.description}`.trim()} url={content.url} open={words.message.openLink} />;
    case "file":
      return kept ? <Card kind={kinds.file} text={content.title}>{kept}</Card> : <Card kind={kinds.file} text={`${content.title}\n${words.message.noFile}`} />;
    case "media":
      return <OwnMedia content={content} />;
    case "menu":
      return <Card kind={kinds.menu} text={[content.head, ...content.items.map(({ text }) => `· ${text}`), content.tail ?? ""].join("\n").trim()} />;
    case "mini_program_page":
      return <Card kind={kinds.mini_program_page} text={content.title} />;
    case "notice":
      if (content.template === undefined) return <span className="text">{eventWords(content, kinds)}</span>;
      return <Card kind={kinds.reminder} text={Object.values(content.values ?? {}).join("\n")} />;
    default:
      return <span className="text">{eventWords(content, kinds)}</span>;
  }
}

/** What we sent: its type is known from what it was sent as. */
function OwnMedia({ content }: { content: Extract<Content, { kind: "media" }> }) {
  const { kinds } = useWords().message;
  const types = { image: "image/", voice: "", video: "video/", file: "" };
  return (
    <Card kind={kinds[content.media]} text={content.media === "image" ? "" : content.name}>
      <KeptView address={mediaAddress(content.key)} content_type={types[content.media]} name={content.name} />
    </Card>
  );
}

type Kinds = ReturnType<typeof useWords>["message"]["kinds"];

function eventWords(content: Content, kinds: Kinds): string {
  switch (content.kind) {
    case "follow":
      return content.scene === undefined ? kinds.follow : kinds.followScene(content.scene);
    case "enter":
      return content.scene === undefined ? kinds.enter : kinds.enterScene(content.scene);
    case "unfollow":
    case "revoke":
    case "recall":
    case "erased":
      return kinds[content.kind];
    case "native_session":
      return content.open ? kinds.nativeOpen(content.agent) : kinds.nativeClosed;
    case "native_reply":
      return kinds.nativeReply(content.agent, content.text);
    case "send_failed":
      return kinds.sendFailed;
    case "notice_ended":
      return content.delivered ? kinds.noticeDelivered : kinds.noticeFailed(content.detail);
    case "consent":
      return content.allowed ? kinds.consentGiven : kinds.consentRefused;
    case "whereabouts":
      return kinds.whereabouts(`${content.latitude}, ${content.longitude}`);
    case "scan":
      return kinds.scan(content.scene);
    case "menu_click":
      return kinds.menuClick(content.key);
    case "notice":
      return kinds.notice(`${content.event ?? ""} ${content.detail ?? ""}`.trim());
    case "unsupported":
      return kinds.unsupported(content.message_type);
    default:
      // A kind that a newer worker knows.
      return kinds.unsupported(content.kind);
  }
}

type CardProps = { kind: string; text?: string; url?: string; open?: string; children?: ReactNode };

function Card({ kind, text = "", url, open, children }: CardProps) {
  return (
    <span className="card">
      <span className="card-kind">{kind}</span>
      {text !== "" && <span className="text">{text}</span>}
      {children}
      {url !== undefined && isWebAddress(url) && (
        <a href={url} target="_blank" rel="noopener noreferrer nofollow">{open}</a>
      )}
    </span>
  );
}
