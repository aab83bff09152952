// Training of what is current or tried: the worker encodes batch after batch, then trains; we only say go on.
import { call, type Target } from "./target.ts";

export interface Trained {
  version: number;
  phrasings: number;
  encoder: string | null;
  batches: number;
  model: { encoder: string | null; judged: number } | null;
}

/** KV may not show a batch at once: so often it is asked for again, a second apart. */
const patience = 90;

/** Of what is current, or of what is tried in a shadow run. */
export async function train(to: Target, progress: (line: string) => void = () => {}, of: "current" | "shadow" = "current"): Promise<Trained> {
  const { digest, batches, phrasings, encoder } = await call(to, "GET", `knowledge/training?of=${of}`);
  for (let batch = 0; batch < batches; batch += 1) {
    await call(to, "POST", "knowledge/training", { digest, encoder, batch });
    progress(`encoded ${batch + 1} of ${batches} batches, ${phrasings} phrasings in all, by ${encoder.slice(0, 8)}`);
  }
  for (let tries = 1; ; tries += 1) {
    try {
      return (await call(to, "POST", "knowledge/training", { digest, encoder })) as Trained;
    } catch (error) {
      if (tries >= patience || !String(error).includes("knowledge.batch_missing")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

/** What came of it, for people. */
export function trainedLine({ version, phrasings, model }: Trained): string {
  const tier = model?.encoder ? "words and meaning" : "words only (npm run encoder makes what is missing)";
  const rests = model?.judged ? `calibrated on ${model.judged} of its own phrasings` : "calibrated by default";
  return `Trained version ${version} on ${phrasings} phrasings: ${tier}, ${rests}.`;
}
