// What a customer sent, told honestly: nothing is fetched from an address in a message.
import type { Content } from "../wire.ts";
import { isWebAddress } from "../conversation/address.ts";
import { useWords } from "./context.ts";

export function ContentView({ content }: { content: Content }) {
  const words = useWords();
  const { kinds } = words.message;
  switch (content.kind) {
    case "text":
      return <span className="text">{content.text}</span>;
    case "image":
      return <Card kind={kinds.image} text={words.message.noPicture} url={content.url} open={words.message.openPicture} />;
    case "voice":
      return <Card kind={kinds.voice} text={content.recognition || words.message.noRecognition} />;
    case "video":
      return <Card kind={kinds.video} text={words.message.noMedia} />;
    case "location":
      return <Card kind={kinds.location} text={`${content.label} (${content.latitude}, ${content.longitude})`.trim()} />;
    case "link":
      return <Card kind={kinds.link} text={`${content.title}\n${content.description}`.trim()} url={content.url} open={words.message.openLink} />;
    case "file":
      return <Card kind={kinds.file} text={`${content.title}\n${words.message.noFile}`} />;
    case "mini_program_page":
      return <Card kind={kinds.mini_program_page} text={content.title} />;
    default:
      return <span className="text">{eventWords(content, kinds)}</span>;
  }
}

type Kinds = ReturnType<typeof useWords>["message"]["kinds"];
type EventContent = Extract<Content, { kind: "follow" | "unfollow" | "scan" | "menu_click" | "notice" | "unsupported" }>;

function eventWords(content: EventContent, kinds: Kinds): string {
  switch (content.kind) {
    case "follow":
      return content.scene === undefined ? kinds.follow : kinds.followScene(content.scene);
    case "unfollow":
      return kinds.unfollow;
    case "scan":
      return kinds.scan(content.scene);
    case "menu_click":
      return kinds.menuClick(content.key);
    case "notice":
      return kinds.notice(`${content.event} ${content.detail}`.trim());
    case "unsupported":
      return kinds.unsupported(content.message_type);
    default:
      // A kind that a newer worker knows.
      return kinds.unsupported((content as Content).kind);
  }
}

function Card({ kind, text, url, open }: { kind: string; text: string; url?: string; open?: string }) {
  return (
    <span className="card">
      <span className="card-kind">{kind}</span>
      <span className="text">{text}</span>
      {url !== undefined && isWebAddress(url) && (
        <a href={url} target="_blank" rel="noopener noreferrer nofollow">{open}</a>
      )}
    </span>
  );
}
