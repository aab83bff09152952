// How a ticket or a message feels, with the words that say so; at a message, one tap says otherwise.
import { App, Button, Tag, Tooltip } from "antd";
import { useState } from "react";
import { asApiError } from "../api.ts";
import { ASPECTS, shownAspects } from "../conversation/mood.ts";
import type { Aspect, ConversationKey, Message, Mood, MoodLabels } from "../wire.ts";
import { errorWords, moodEvidence } from "../words/phrases.ts";
import { useDesk, useWords } from "./context.ts";

const COLORS: Record<Aspect, string> = { anger: "volcano", abuse: "magenta", urgency: "red", negative: "gold" };

export function MoodTags({ mood, labels = {}, of = ASPECTS }: { mood: Mood | undefined; labels?: MoodLabels; of?: readonly Aspect[] }) {
  const words = useWords();
  return shownAspects(mood, labels)
    .filter((aspect) => of.includes(aspect))
    .map((aspect) => (
      <Tooltip key={aspect} title={mood && moodEvidence(words, mood, aspect)}>
        <Tag color={COLORS[aspect]} data-testid="mood" data-aspect={aspect}>{words.mood[aspect]}</Tag>
      </Tooltip>
    ));
}

export function MoodMark({ message, conversation }: { message: Message; conversation: ConversationKey }) {
  const { desk } = useDesk();
  const words = useWords();
  const { message: toast } = App.useApp();
  const [open, setOpen] = useState(false);
  const [labels, setLabels] = useState<MoodLabels>({});
  const shown = shownAspects(message.mood, labels);

  async function say(aspect: Aspect, is: boolean): Promise<void> {
    try {
      await desk.labelMood(conversation, message.seq, { [aspect]: is });
      setLabels((known) => ({ ...known, [aspect]: is }));
      setOpen(false);
      void toast.success(words.mood.noted);
    } catch (caught) {
      void toast.error(errorWords(words, asApiError(caught)));
    }
  }

  const choice = (aspect: Aspect) => {
    const is = !shown.includes(aspect);
    return (
      <Button key={aspect} size="small" onClick={() => void say(aspect, is)} data-testid={`mood-say-${aspect}`}>
        {is ? words.mood.is(words.mood[aspect]) : words.mood.isNot(words.mood[aspect])}
      </Button>
    );
  };
  return (
    <span className="mood">
      <MoodTags mood={message.mood} labels={labels} />
      <Button type="link" size="small" className="mood-open" aria-expanded={open} onClick={() => setOpen(!open)} data-testid="mood-open">{words.mood.open}</Button>
      {open && ASPECTS.map(choice)}
    </span>
  );
}
