// Reads the one part named `media` out of a multipart/form-data body.

export interface Upload {
  type: string;
  bytes: Buffer;
}

/** Null when there is no such part, or it lacks a file name of plain ASCII (WeChat: 41005). */
export function parseUpload(contentType: string, body: Buffer): Upload | null {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]{1,70})"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return null;
  const delimiter = `--${boundary}`;
  for (let at = body.indexOf(delimiter); at >= 0; ) {
    const next = body.indexOf(`\r\n${delimiter}`, at + delimiter.length);
    if (next < 0) return null;
    const part = parsePart(body.subarray(at + delimiter.length + 2, next));
    if (part) return part;
    at = next + 2;
  }
  return null;
}

function parsePart(part: Buffer): Upload | null {
  const end = part.indexOf('\r\n\r\n');
  const head = part.subarray(0, Math.max(end, 0)).toString('utf8');
  if (end < 0 || !/content-disposition:[^\r]*\bname="?media"?[^\r]*\bfilename=|content-disposition:[^\r]*\bfilename=[^\r]*\bname="?media"?/i.test(head)) return null;
  if (/\bfilename=[^\r;]*[^\x20-\x7e\r;]/.test(head)) return null;
  const type = /content-type:\s*([^\s;]+)/i.exec(head)?.[1] ?? 'application/octet-stream';
  return { type: type.toLowerCase(), bytes: part.subarray(end + 4) };
}
