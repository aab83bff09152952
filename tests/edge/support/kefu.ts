// WeCom customer service on the stage: channels, what customers and servicers do, and the API as another program uses it.
import type { Channel } from "../../../scripts/channels.ts";
import { testChannel, until, type Answer, type Stage } from "./stage.ts";

export const sendMsg = "/cgi-bin/kf/send_msg";
export const sendOnEvent = "/cgi-bin/kf/send_msg_on_event";
export const syncMsg = "/cgi-bin/kf/sync_msg";
export const getToken = "/cgi-bin/gettoken";

const corpid = "ww0123456789abcdef";

/** Accounts of one corporation share their path. */
export const kefuChannel = (id: string): Channel =>
  testChannel(id, { kind: "kefu", path: "kefu", appid: corpid, open_kfid: `wk-${id}`, original_id: undefined, mode: "safe" });

export class Kefu {
  readonly stage: Stage;
  readonly channel: string;

  constructor(stage: Stage, channel = "kf") {
    this.stage = stage;
    this.channel = channel;
  }

  customer(): Promise<string> {
    return this.stage.customer(this.channel);
  }

  /** What a customer or a servicer does; resolves when the callback has been answered. */
  act(customer: string, what: string, body: object = {}): Promise<any> {
    return this.stage.control("POST", `customers/${customer}/${what}`, { wait: true, ...body });
  }

  set(change: object): Promise<any> {
    return this.stage.control("POST", `kefu/${this.channel}`, change);
  }

  ring(): Promise<any> {
    return this.stage.control("POST", `kefu/${this.channel}/callback`, {});
  }

  /** The account's texts on the phone, once there are so many. */
  async hears(customer: string, count: number): Promise<string[]> {
    return until(`${count} lines on the phone`, async () => {
      const heard = await this.stage.heard(customer);
      return heard.length >= count ? heard : undefined;
    });
  }

  async calls(path: string, customer?: string): Promise<any[]> {
    return (await this.stage.control("GET", `calls?path=${path}${customer ? `&openid=${customer}` : ""}`)).calls;
  }

  /** The corporation's API, as another program of theirs uses it. */
  async api(name: string, body: object): Promise<any> {
    const secret = this.stage.channelSecrets[this.channel]!.app_secret!;
    const granted: any = await (await fetch(`${this.stage.simulatorUrl}${getToken}?corpid=${corpid}&corpsecret=${encodeURIComponent(secret)}`)).json();
    const response = await fetch(`${this.stage.simulatorUrl}/cgi-bin/kf/${name}?access_token=${granted.access_token}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ open_kfid: `wk-${this.channel}`, ...body }),
    });
    return response.json();
  }

  async state(customer: string): Promise<number> {
    return (await this.api("service_state/get", { external_userid: customer })).service_state;
  }

  async conversation(login: string, customer: string): Promise<any> {
    return (await this.stage.conversation(login, customer, this.channel)).body;
  }

  /** The conversation, once this holds for it. */
  async shows(login: string, customer: string, what: string, test: (view: any) => boolean): Promise<any> {
    return until(what, async () => {
      const view = await this.conversation(login, customer);
      return view?.messages && test(view) ? view : undefined;
    });
  }

  /** A ticket, opened by asking for a person, and `login` has it. */
  async ticketed(login: string): Promise<{ customer: string; ticket: any }> {
    const customer = await this.customer();
    await this.act(customer, "text", { text: "转人工" });
    await this.hears(customer, 1);
    return { customer, ticket: await this.stage.ticket(login, customer) };
  }

  /** Sent now, or when the customer next writes. */
  async reply(login: string, customer: string, ticket: any, text: string): Promise<Answer> {
    const body = { client_id: crypto.randomUUID(), ticket: ticket.id, epoch: ticket.epoch, text, wait: true };
    return until("the lease", async () => {
      const answer = await this.stage.as(login, "POST", `conversations/${this.channel}/${customer}/replies`, body);
      return answer.body.code === "reply.lease_pending" ? undefined : answer;
    });
  }
}
