// Tables of questions and answers, through the worker's own operator API: one validator for everybody.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Entry } from "./operator.ts";
import { Refusal } from "./shell.ts";
import type { Target } from "./target.ts";

interface Finding {
  row: number;
  column: string;
  code: string;
  message: { "zh-CN": string; en: string };
  other_row?: number;
}

/** What reading a table came to: entries, or faults. */
export interface Reading {
  rows: number;
  entries?: Entry[];
  faults: Finding[];
  more: boolean;
  warnings: Finding[];
}

export const formats = ["csv", "xlsx", "json"];

/** The format that a file's name says. */
export function formatOf(file: string): string {
  const format = path.extname(file).slice(1).toLowerCase();
  if (!formats.includes(format)) throw new Refusal(`${file} must end with .csv, .xlsx or .json.`);
  return format;
}

/** Has the worker look through a table; nothing is imported. */
export async function readTable(target: Target, file: string): Promise<Reading> {
  const answer = await call(target, "POST", `?format=${formatOf(file)}`, readBytes(file));
  return (await answer.json()) as Reading;
}

/** Puts a table into the draft, all or none; with `replace`, entries that it does not have go. */
export async function importTable(target: Target, file: string, replace: boolean): Promise<Reading & { changed: number; removed: number }> {
  const route = `/draft?format=${formatOf(file)}&mode=${replace ? "replace" : "merge"}`;
  const answer = await call(target, "POST", route, readBytes(file), "knowledge/table");
  return (await answer.json()) as Reading & { changed: number; removed: number };
}

/** The same table with its faults. */
export async function faultsOf(target: Target, file: string): Promise<Uint8Array> {
  const answer = await call(target, "POST", `/errors?format=${formatOf(file)}`, readBytes(file));
  return new Uint8Array(await answer.arrayBuffer());
}

/** The published entries as a file. */
export async function exportTable(target: Target, format: string): Promise<Uint8Array> {
  const answer = await call(target, "GET", `?format=${format}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** A finding in one line, Chinese first. */
export function line({ row, column, code, message }: Finding): string {
  const at = row === 0 ? "" : `第 ${row} 行${column === "" ? "" : `「${column}」`} (row ${row})：`;
  return `${at}${message["zh-CN"]} ${message.en} [${code}]`;
}

function readBytes(file: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${(error as Error).message}`);
  }
}

async function call({ url, token }: Target, method: string, rest: string, body?: Uint8Array<ArrayBuffer>, at = "operator/knowledge/table"): Promise<Response> {
  const route = `${url}/api/${at}${rest}`;
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(route, { method, headers, ...(body ? { body } : {}) }).catch(() => {
    throw new Refusal(`Nothing answers at ${url}. Is the worker up?`);
  });
  if (!response.ok) throw new Refusal(`${method} ${route} was refused with ${response.status}: ${await response.text()}`);
  return response;
}
