// Keeps the floor's socket: starts up, mends a gap and reconnects in one way, by `resume`.
import { backoffMs } from "../base/backoff.ts";
import type { Timers } from "../base/timers.ts";
import { PING_EVERY_MS, RECONNECT_FIRST_MS, RECONNECT_LONGEST_MS, SILENCE_MAX_MS } from "../limits.ts";
import type { Incoming } from "../wire.ts";
import { emptyFloor, receive, type FloorState } from "./state.ts";

/** `ended`: the session is over, nothing reconnects. */
export type Connection = "connecting" | "online" | "reconnecting" | "ended";

export const CLOSE_SESSION_ENDED = 4001;

/** The part of a WebSocket that the link needs. */
export type Socket = {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
};

export type LinkOptions = {
  connect(): Socket;
  timers: Timers;
  random(): number;
  onFloor(state: FloorState): void;
  onConnection(connection: Connection): void;
  /** The socket closed before it opened: perhaps the session is over, which a socket cannot say. */
  onRefused(): void;
};

export type Link = {
  /** The network or the person is back: try now rather than later. */
  wake(): void;
  close(): void;
};

export function openLink(options: LinkOptions): Link {
  const { timers } = options;
  let floor = emptyFloor;
  let socket: Socket | null = null;
  let opened = false;
  let tries = 0;
  let mending = false;
  let startOver = false;
  let ended = false;
  let cancelReconnect: (() => void) | null = null;
  let cancelPing = nothing;
  let cancelSilence = nothing;
  let cancelAnswer = nothing;
  let cancelCalm = nothing;

  function start(): void {
    cancelReconnect = null;
    opened = false;
    const current = options.connect();
    socket = current;
    expectSomething();
    current.onopen = () => {
      if (socket !== current) return;
      opened = true;
      resume(startOver || floor.seq === null);
      ping();
    };
    current.onmessage = (event) => {
      if (socket === current) hear(event.data);
    };
    current.onclose = (event) => {
      if (socket === current) lose(event.code);
    };
  }

  /** `answer_due`: something must change in answer; after a mere reconnection there may be nothing to tell. */
  function resume(answer_due: boolean): void {
    socket?.send(JSON.stringify({ type: "resume", seq: startOver ? null : floor.seq }));
    startOver = false;
    cancelAnswer();
    if (!answer_due) return;
    cancelAnswer = timers.after(SILENCE_MAX_MS, () => {
      startOver = true;
      drop();
    });
  }

  function ping(): void {
    cancelPing();
    if (!opened) return;
    socket?.send("ping");
    expectSomething();
  }

  function expectSomething(): void {
    cancelSilence();
    cancelSilence = timers.after(SILENCE_MAX_MS, () => drop());
  }

  function hear(data: unknown): void {
    cancelSilence();
    cancelPing();
    cancelPing = timers.after(PING_EVERY_MS, ping);
    if (data !== "pong" && !take(data)) return;
    options.onConnection("online");
    cancelCalm();
    cancelCalm = timers.after(SILENCE_MAX_MS, () => (tries = 0));
  }

  function take(data: unknown): boolean {
    const message = decode(data);
    if (message === null) {
      startOver = true;
      drop();
      return false;
    }
    const { state, gap } = receive(floor, message);
    if (gap) mend();
    else if (state !== floor) {
      mending = false;
      cancelAnswer();
      floor = state;
      options.onFloor(floor);
    }
    return true;
  }

  /** One `resume` at a time: frames that overtake its answer are part of the answer too. */
  function mend(): void {
    if (mending) return;
    mending = true;
    resume(true);
  }

  /** Gives the socket up without waiting for its close event, which a dead network may hold back for minutes. */
  function drop(): void {
    const current = socket;
    lose(0);
    current?.close();
  }

  function lose(code: number): void {
    socket = null;
    mending = false;
    stopTimers();
    if (ended) return;
    if (code === CLOSE_SESSION_ENDED) {
      ended = true;
      options.onConnection("ended");
      return;
    }
    options.onConnection("reconnecting");
    if (!opened) options.onRefused();
    const wait_ms = backoffMs(tries, RECONNECT_FIRST_MS, RECONNECT_LONGEST_MS, options.random());
    tries += 1;
    cancelReconnect = timers.after(wait_ms, start);
  }

  function stopTimers(): void {
    cancelPing();
    cancelSilence();
    cancelAnswer();
    cancelCalm();
    cancelReconnect?.();
    cancelReconnect = null;
  }

  options.onConnection("connecting");
  start();
  return {
    wake() {
      if (ended) return;
      if (cancelReconnect === null) return ping();
      cancelReconnect();
      start();
    },
    close() {
      ended = true;
      const current = socket;
      socket = null;
      stopTimers();
      current?.close();
    },
  };
}

function nothing(): void {}

function decode(data: unknown): Incoming | null {
  if (typeof data !== "string") return null;
  try {
    const value = JSON.parse(data) as Incoming | null;
    return value?.type === "hello" || value?.type === "frame" ? value : null;
  } catch {
    return null;
  }
}
