// Trains what is current, or tried in a shadow run: the worker encodes batch after batch, then trains; may be left and taken up again.
import { asApiError } from "../api.ts";
import { BATCH_PATIENCE_TRIES, BATCH_WAIT_MS } from "../limits.ts";
import type { KnowledgeApi } from "./api.ts";
import type { Trainee, Training } from "./wire.ts";

type Steps = Pick<KnowledgeApi, "training" | "encodeBatch" | "finishTraining">;

/** `done` of `batches` are encoded. Null when `isLeft` said so; a batch encoded twice costs nothing but its time. */
export async function train(
  api: Steps,
  of: Trainee,
  progress: (done: number, batches: number) => void,
  isLeft: () => boolean,
  pause: (ms: number) => Promise<void>,
): Promise<Training | null> {
  const { digest, encoder, batches } = await api.training(of);
  progress(0, batches);
  for (let batch = 0; batch < batches; batch += 1) {
    if (isLeft()) return null;
    await api.encodeBatch(digest, encoder, batch);
    progress(batch + 1, batches);
  }
  for (let tries = 1; !isLeft(); tries += 1) {
    try {
      return await api.finishTraining(digest, encoder);
    } catch (caught) {
      // KV may not show a batch at once.
      if (tries >= BATCH_PATIENCE_TRIES || asApiError(caught).code !== "knowledge.batch_missing") throw caught;
      await pause(BATCH_WAIT_MS);
    }
  }
  return null;
}
