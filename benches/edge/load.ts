// The load generator: a fixed number of prepared requests over a fixed number of kept-alive connections. It speaks
// bare HTTP/1.1 over sockets, since Node's own client costs more than the empty worker that it would measure.
import { connect, type Socket } from "node:net";

/** A request that takes longer counts as failed, and ends the run. */
const requestMsMax = 30_000;
const headerEnd = Buffer.from("\r\n\r\n");

export interface Response {
  status: number;
  body: Buffer;
}

export interface Load {
  responses: Response[];
  /** How long each request took, in the order of the requests. */
  latencies_ms: number[];
  elapsed_ms: number;
  /** CPU of the generator meanwhile. */
  own_cpu_ms: number;
}

/** A request as it goes over the wire. */
export function post(path: string, body: Buffer): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/xml\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Sends all requests, at most `concurrency` at a time, and gives what came back. */
export async function drive(port: number, requests: Buffer[], concurrency: number): Promise<Load> {
  const connections = await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, () => Connection.open(port)));
  const responses: Response[] = new Array(requests.length);
  const latencies_ms: number[] = new Array(requests.length);
  let next = 0;
  const own = process.cpuUsage();
  const begin_ms = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let at = next++; at < requests.length; at = next++) {
        const sent_ms = performance.now();
        responses[at] = await connection.exchange(requests[at]!);
        latencies_ms[at] = performance.now() - sent_ms;
      }
    }),
  );
  const elapsed_ms = performance.now() - begin_ms;
  const { user, system } = process.cpuUsage(own);
  for (const connection of connections) connection.close();
  return { responses, latencies_ms, elapsed_ms, own_cpu_ms: (user + system) / 1000 };
}

/** One connection with one request at a time. */
class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #settle: { resolve(response: Response): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#settle?.reject(error));
    socket.on("close", () => this.#settle?.reject(new Error("The connection was closed before the response was complete.")));
    socket.on("timeout", () => socket.destroy(new Error(`No response within ${requestMsMax / 1000} s.`)));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.setTimeout(requestMsMax);
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Connection(socket)));
    });
  }

  exchange(request: Buffer): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const response = parse(this.#received);
    if (!response) return;
    this.#received = Buffer.alloc(0);
    this.#settle?.resolve(response);
  }
}

/** The response, once it is complete. */
function parse(bytes: Buffer): Response | undefined {
  const end = bytes.indexOf(headerEnd);
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const status = Number(head.slice(9, 12));
  const body = bytes.subarray(end + headerEnd.length);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return body.length < Number(length) ? undefined : { status, body };
  return body.toString("latin1", body.length - 5) === "0\r\n\r\n" ? { status, body: unchunked(body) } : undefined;
}

function unchunked(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf("\r\n", at);
    const length = parseInt(body.toString("latin1", at, line), 16);
    if (!(length > 0)) return Buffer.concat(chunks);
    chunks.push(body.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}
