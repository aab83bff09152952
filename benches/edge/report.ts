// The figures as people read them: one table, the targets and how they were met.
import os from "node:os";
import type { ColdStart, SignIns } from "./once.ts";
import { median, type Case, type Sample } from "./rounds.ts";

export interface Row extends Sample {
  subject: string;
  storage: string;
  customers: string;
  /** Throughput, as a share of the floor's with the same addressing, storage and customers, round by round. */
  share_of_floor: number | null;
}

export interface Results {
  machine: string;
  date: string;
  command: string;
  load_average: number[];
  rows: Row[];
  targets: { target: string; found: string; met: boolean }[];
  sign_in: SignIns;
  cold_start: ColdStart;
}

export function machine(): string {
  const cpus = os.cpus();
  return `${cpus[0]?.model.trim()} × ${cpus.length}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`;
}

/** Medians over the rounds. */
export function rowsOf(cases: Case[], samples: Sample[][]): Row[] {
  return cases.map(({ subject, customers }, at) => {
    const own = samples[at]!;
    const of = (field: keyof Sample): number => median(own.map((sample) => sample[field]));
    const addressing = subject.name.split(", ")[1];
    const floorAt = cases.findIndex(
      (one) => one.subject.name === `floor, ${addressing}` && one.subject.storage === subject.storage && one.customers === customers,
    );
    const share = floorAt < 0 || floorAt === at ? null : median(own.map((sample, round) => sample.rps / samples[floorAt]![round]!.rps));
    return {
      subject: subject.name, storage: subject.storage, customers, share_of_floor: share,
      rps: of("rps"), p50_ms: of("p50_ms"), p99_ms: of("p99_ms"), cpu_ms: of("cpu_ms"), rss_mib: of("rss_mib"),
      errors: own.reduce((sum, sample) => sum + sample.errors, 0), generator_share: of("generator_share"),
    };
  });
}

/** The two first targets, judged. */
export function judgeTargets(rows: Row[]): Results["targets"] {
  const row = (subject: string, storage: string, customers: string): Row =>
    rows.find((one) => one.subject === subject && one.storage === storage && one.customers === customers)!;
  const throughput = ["sharded", "per customer"].flatMap((addressing) =>
    ["tmpfs", "disk"].map((storage) => {
      const { share_of_floor } = row(`10,000 entries, ${addressing}`, storage, "warm");
      return {
        target: `at least 0.5 of the floor's throughput: 10,000 entries, warm, ${storage}, ${addressing}`,
        found: share_of_floor!.toFixed(2), met: share_of_floor! >= 0.5,
      };
    }),
  );
  const [own, other] = [row("10,000 entries, sharded", "disk", "cold").cpu_ms, row("floor, per customer", "disk", "cold").cpu_ms];
  const cpu = {
    target: "at most 1.2 s CPU for 1,000 replies (or 0.6 of the floor with one object per customer): 10,000 entries, cold, disk, sharded",
    found: `${seconds(own)} s, the floor ${seconds(other)} s, a share of ${(own / other).toFixed(2)}`,
    met: own <= 1200 || own / other <= 0.6,
  };
  return [...throughput, cpu];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

export function table(rows: Row[]): string {
  const header = "| subject | state on | customers | replies/s | share of floor | p50 ms | p99 ms | CPU s / 1,000 | RSS MiB | errors | generator |";
  const lines = rows.map((row) =>
    [
      row.subject, row.storage, row.customers, Math.round(row.rps), row.share_of_floor?.toFixed(2) ?? "", row.p50_ms.toFixed(1), row.p99_ms.toFixed(1),
      seconds(row.cpu_ms), Math.round(row.rss_mib), row.errors, row.generator_share.toFixed(2),
    ].join(" | "),
  );
  return [header, "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|", ...lines.map((line) => `| ${line} |`)].join("\n");
}

export function report(results: Results): string {
  const { sign_in: one, cold_start: cold } = results;
  return [
    `${results.machine}; ${results.date}; load average ${results.load_average.map((load) => load.toFixed(1)).join(" before, ")} after; \`${results.command}\``,
    "",
    table(results.rows),
    "",
    ...results.targets.map(({ target, found, met }) => `- ${met ? "met" : "NOT met"}: ${target}: ${found}`),
    `- a sign-in: ${one.wall_ms.toFixed(0)} ms, ${one.cpu_ms.toFixed(0)} ms CPU (median and mean of ${one.count}); memory ${one.rss_mib_before.toFixed(0)} -> ${one.rss_mib_after.toFixed(0)} MiB`,
    `- right after a start, 10,000 entries, ${cold.customers} customers at once: ${cold.answered} answered, the last after ${cold.last_answer_ms.toFixed(0)} ms; ${cold.cpu_ms.toFixed(0)} ms CPU, ${cold.rss_mib.toFixed(0)} MiB; the next answer took ${cold.next_answer_ms.toFixed(1)} ms`,
  ].join("\n");
}
