// Tables of questions and answers: bad ones are refused with every fault in its row and change nothing, good ones are
// published from the command line, answered from, and come out again as they went in.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { root } from "../../scripts/shell.ts";
import { expectStatus, Stage, until, type Answer } from "./support/stage.ts";

const fixture = (name: string): Buffer => readFileSync(path.join(root, "tests/contract/vectors/tables", name));
const dir = mkdtempSync(path.join(os.tmpdir(), "shunda-table-"));

let stage: Stage;
before(async () => (stage = await Stage.open({ bare: true })));
after(async () => {
  rmSync(dir, { recursive: true });
  await stage?.close();
});

async function post(route: string, body: string | Uint8Array, token = stage.worker.secrets.OPERATOR_TOKEN): Promise<Response> {
  const bytes = new Uint8Array(Buffer.from(body));
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`${stage.worker.url}/api/operator/knowledge/table${route}`, { method: "POST", headers, body: bytes });
}

/** What the worker says about a table. */
async function dryRun(body: string | Uint8Array, format = "auto"): Promise<any> {
  const response = await post(`?format=${format}`, body);
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

const brief = (answer: any): [number, string, string][] => answer.faults.map(({ row, column, code }: any) => [row, column, code]);

/** The faults of a table that is refused as a whole. */
async function faults(body: string | Uint8Array): Promise<[number, string, string][]> {
  const answer = await dryRun(body);
  assert.equal(answer.entries, undefined);
  for (const { message } of answer.faults) assert.ok(message["zh-CN"] && message.en);
  return brief(answer);
}

/** A ZIP container, made here. */
function zip(parts: Record<string, Buffer>): Buffer {
  const [files, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [name, content] of Object.entries(parts)) {
    const packed = deflateRawSync(content);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(crc32(content), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(content.length, 18);
    about.writeUInt16LE(name.length, 22);
    const file = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), about, Buffer.from(name), packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), about, place, Buffer.from(name)]));
    files.push(file);
    at += file.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, ...directory, end]);
}

/** A workbook with this sheet and these shared strings. */
const workbook = (sheet: Buffer | string, strings: Buffer | string = "<sst/>"): Buffer =>
  zip({
    "xl/workbook.xml": Buffer.from('<workbook xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>'),
    "xl/_rels/workbook.xml.rels": Buffer.from(
      '<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    ),
    "xl/sharedStrings.xml": Buffer.from(strings),
    "xl/worksheets/sheet1.xml": Buffer.from(sheet),
  });

const rows = (...cells: string[][]): string =>
  `<worksheet><sheetData>${cells.map((row) => `<row>${row.join("")}</row>`).join("")}</sheetData></worksheet>`;
const inline = (text: string): string => `<c t="inlineStr"><is><t>${text}</t></is></c>`;
const headings = [inline("问题"), inline("答案")];

function npm(script: string, ...args: string[]): Promise<{ status: number; out: string }> {
  const env = { ...process.env, OPERATOR_TOKEN: stage.worker.secrets.OPERATOR_TOKEN };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [`scripts/${script}.ts`, "--url", stage.worker.url, ...args], { env, cwd: root }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, out: stdout + stderr }));
  });
}

async function answerTo(question: string): Promise<string | undefined> {
  const customer = await stage.customer();
  await stage.says(customer, question);
  return (await stage.heard(customer)).at(-1);
}

async function exported(format: string): Promise<Response> {
  const headers = { authorization: `Bearer ${stage.worker.secrets.OPERATOR_TOKEN}` };
  return fetch(`${stage.worker.url}/api/operator/knowledge/table?format=${format}`, { headers });
}

test("only the operator may, with a format that there is, within the bound", async () => {
  assert.equal((await post("", "问题,答案\na,b\n", "nobody")).status, 401);
  assert.equal((await post("/errors", "问题,答案\na,b\n", "nobody")).status, 401);
  const unknown = await post("?format=ods", "x");
  assert.deepEqual([unknown.status, ((await unknown.json()) as any).code], [400, "table.format"]);
  // The worker answers before it has read so much; a sender may then see a broken pipe in place of the answer.
  const tooLarge = await until("an answer to what is too large", () => post("", Buffer.alloc(16 * 1024 * 1024 + 1, "a")).catch(() => undefined));
  assert.equal(tooLarge.status, 413);
  const none = await exported("csv");
  assert.deepEqual([none.status, ((await none.json()) as any).code], [404, "knowledge.none"]);
});

test("a wrong encoding is refused by its row, a missing column by its name", async () => {
  const damaged = Buffer.concat([Buffer.from("问题,答案\n怎么退货,七天内\n怎么换货,十五"), Buffer.from([0xff]), Buffer.from("天内\n")]);
  assert.deepEqual(await faults(damaged), [[3, "", "wrong_encoding"]]);
  assert.deepEqual(await faults("问题,回复内容\na,b\n"), [[1, "答案", "missing_column"]]);
  assert.deepEqual(await faults(Buffer.from("d0cf11e0a1b11ae1", "hex")), [[0, "", "old_excel"]]);
});

test("formulas are refused where they stand, as text and in a workbook", async () => {
  const table = `问题,答案\n=cmd|' /C calc'!A0,b\n保修,"=HYPERLINK(""http://a.example"",""x"")"\n保修多久,- 一年\n`;
  assert.deepEqual(await faults(table), [[2, "问题", "formula"], [3, "答案", "formula"]]);
  assert.deepEqual(await faults(fixture("bad.xlsx")), [[3, "生效时间", "bad_date"], [5, "答案", "formula"], [6, "答案", "error_value"]]);
  const entity = rows(headings, [inline("&a;"), inline("b")]);
  assert.deepEqual(await faults(workbook(`<!DOCTYPE x [<!ENTITY a "b">]>${entity}`)), [[0, "", "bad_archive"]]);
});

test("a bomb is refused while it is small", async () => {
  const gigabyte = 1 << 30;
  const bombs = {
    "a text": workbook(Buffer.concat([Buffer.from("<worksheet><sheetData><row><c><v>"), Buffer.alloc(gigabyte / 8, "a")])),
    "elements": workbook(Buffer.concat([Buffer.from("<worksheet><sheetData>"), Buffer.alloc(gigabyte / 8, "<row/>")])),
    "nesting": workbook(Buffer.alloc(gigabyte / 16, "<a>")),
    "strings": workbook(rows(headings), Buffer.concat([Buffer.from("<sst>"), Buffer.alloc(gigabyte / 8, "<si/>")])),
  };
  for (const [what, bomb] of Object.entries(bombs)) {
    assert.ok(bomb.length < 1 << 20, `${what}: ${bomb.length}`);
    const [[, column, code]] = (await faults(bomb)) as [[number, string, string]];
    assert.deepEqual([column, code], ["", what === "nesting" ? "bad_archive" : "too_large"], what);
  }
  // One long string that every cell stands for.
  const long = workbook(rows(headings, ...Array.from({ length: 2_000 }, () => ['<c t="s"><v>0</v></c>', inline("a")])), `<sst><si><t>${"a".repeat(100_000)}</t></si></sst>`);
  assert.ok((await faults(long)).some(([, , code]) => code === "too_large"));
  const wide = workbook(rows([...headings, '<c r="XFD1" t="inlineStr"><is><t>x</t></is></c>']));
  assert.deepEqual(await faults(wide), [[1, "", "too_many_columns"]]);
});

test("a hundred thousand rows are read, and one more is refused", async (t) => {
  const line = (number: number): string => `第 ${number} 个问题怎么办,答案 ${number}。,问法 ${number}；说法 ${number}\r\n`;
  const table = `问题,答案,相似问\r\n${Array.from({ length: 100_000 }, (_, number) => line(number)).join("")}`;
  const begun = Date.now();
  const answer = await dryRun(table);
  t.diagnostic(`${(Buffer.byteLength(table) / 1e6).toFixed(1)} MB in ${((Date.now() - begun) / 1_000).toFixed(1)} s`);
  assert.deepEqual([answer.rows, answer.entries.length, answer.faults], [100_000, 100_000, []]);
  const book = workbook(rows(headings, ...Array.from({ length: 100_000 }, (_, number) => [inline(`第 ${number} 个问题怎么办`), inline(`答案 ${number}。`)])));
  const bookBegun = Date.now();
  assert.equal((await dryRun(book)).entries?.length, 100_000);
  t.diagnostic(`the workbook, ${(book.length / 1e6).toFixed(1)} MB packed, in ${((Date.now() - bookBegun) / 1_000).toFixed(1)} s`);
  assert.deepEqual(await faults(`${table}又一个,x,\r\n`), [[100_002, "", "too_many_rows"]]);
});

test("the file of faults is the table with them in front", async () => {
  const response = await post("/errors", "问题,答案\n怎么退货,\n保修,一年\n");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="faq-errors.csv"');
  // `text` would take the mark away.
  const text = Buffer.from(await response.arrayBuffer()).toString();
  assert.equal(text, "\ufeff\"错误\",\"问题\",\"答案\"\r\n\"答案：不能为空。 must not be blank\",\"怎么退货\",\r\n,\"保修\",\"一年\"\r\n");
  const book = await post("/errors", fixture("bad.xlsx"));
  assert.equal(book.headers.get("content-type"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
  assert.deepEqual((await dryRun(Buffer.from(await book.arrayBuffer()))).warnings, []);
});

test("nothing of a bad file is published, and the command says where its faults are", async () => {
  const [file, errors] = [path.join(dir, "bad.csv"), path.join(dir, "errors.csv")];
  writeFileSync(file, "问题,答案,状态\n保修,一年,\n退货,,也许\n");
  const refused = await npm("seed", "--faq", file, "--errors", errors);
  assert.equal(refused.status, 1);
  assert.match(refused.out, /第 3 行「答案」 \(row 3\)：不能为空。.*\[empty\]/);
  assert.match(refused.out, /第 3 行「状态」.*\[bad_status\]/);
  assert.match(readFileSync(errors, "utf8"), /^\ufeff"错误"/);
  assert.equal((await exported("json")).status, 404, "still nothing is published");
  const dry = await npm("seed", "--faq", path.join(root, "tests/contract/vectors/tables/good.xlsx"), "--dry-run");
  assert.equal(dry.status, 0, dry.out);
  assert.equal((await exported("json")).status, 404, "not by a dry run either");
});

for (const name of ["gb18030.csv", "good.xlsx"])
  test(`${name} is published, answered from, and comes out again`, async () => {
    const published = await npm("seed", "--faq", path.join(root, "tests/contract/vectors/tables", name));
    assert.equal(published.status, 0, published.out);
    // A cold worker takes up what is published at once.
    await stage.killAndStartAgain();
    assert.equal(await answerTo("保修多久"), "整机保修一年，\n电机三年。");
    assert.equal(await answerTo("质保"), "整机保修一年，\n电机三年。", "by a keyword");
    assert.equal(await answerTo("慢炖怎么用"), "按住「慢炖」3 秒, 松手; 听到\"嘀\"。😀");
    assert.doesNotMatch((await answerTo("双十一有什么活动")) ?? "", /满 300/, "what is off does not answer");

    const { entries } = await dryRun(fixture(name));
    for (const format of ["csv", "xlsx", "json"]) {
      const response = await exported(format);
      assert.match(response.headers.get("content-disposition")!, new RegExp(`^attachment; filename="faq-v\\d+\\.${format}"$`));
      const again = await dryRun(Buffer.from(await response.arrayBuffer()), format);
      assert.deepEqual(again.entries, entries, format);
      const out = path.join(dir, `out.${format}`);
      const wrote = await npm("export", "--out", out);
      assert.equal(wrote.status, 0, wrote.out);
      assert.deepEqual((await dryRun(readFileSync(out))).entries, entries, format);
    }
  });

test("a whole document is published as before", async () => {
  const before = (await (await exported("json")).json()) as Answer["body"];
  const seed = await npm("seed", "--faq", path.join(root, "kv-seed/knowledge.json"));
  assert.equal(seed.status, 0, seed.out);
  const now = (await (await exported("json")).json()) as Answer["body"];
  assert.notDeepEqual(now, before);
  expectStatus(200, await stage.operator("PUT", "knowledge", JSON.parse(readFileSync(path.join(root, "kv-seed/knowledge.json"), "utf8"))));
});
