// One phone: a customer's conversation with one account, and everything the customer can do.
import { drawItem, drawTime, element } from './bubble.js';
import { icon } from './icons.js';
import { clockText, word } from './words.js';

/** A time stamp stands above a line that comes this long after the one before. */
const TIME_GAP_MS = 180_000;

export class Phone {
  constructor(customer, account, call, close) {
    this.customer = customer;
    this.account = account;
    this.items = new Map();
    this.call = call;
    this.close = close;
    this.menuOpen = false;
    this.panelOpen = false;
    this.root = element('section', 'phone');
    this.root.dataset.openid = customer.openid;
    this.draw();
  }

  /** Draws everything anew: at first, and when the language changes. */
  draw() {
    const draft = this.input?.value ?? '';
    this.clock = element('span', '', clockText(Date.now()));
    this.title = element('strong', 'title');
    this.quota = element('small', 'quota');
    this.list = element('ol', 'lines');
    this.foot = element('footer');
    const status = element('div', 'status');
    status.append(this.clock, element('span', 'who', this.customer.name), element('span', 'battery'));
    const bar = element('div', 'bar');
    const titles = element('div', 'titles');
    titles.append(this.title, this.quota);
    bar.append(this.button('close', () => this.close()), titles, element('span'));
    this.root.replaceChildren(status, bar, this.list, this.foot);
    // Neither a picture that loads late nor an opened panel may push the newest line out of sight.
    this.list.addEventListener('load', () => this.toEnd(), true);
    new ResizeObserver(() => this.toEnd()).observe(this.list);
    this.drawBar();
    this.drawFoot(draft);
    this.drawLines();
  }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
  }

  update(customer) {
    const followed = this.customer.following;
    this.customer = customer;
    this.drawBar();
    if (followed !== customer.following) this.drawFoot(this.input?.value ?? '');
  }

  show(items) {
    for (const item of items) this.items.set(item.id, item);
    this.drawLines();
  }

  drawBar() {
    const { typing, quota, following } = this.customer;
    this.title.textContent = typing ? word('typing') : this.account.name;
    this.quota.textContent = quota ? word('quota')(quota.left) : following ? word('closed') : '';
    this.clock.textContent = clockText(Date.now());
  }

  drawLines() {
    const names = { customer: this.customer.name, account: this.account.name };
    const nodes = [];
    let before = 0;
    for (const item of [...this.items.values()].sort((a, b) => a.id - b.id)) {
      if (item.at_ms - before > TIME_GAP_MS) nodes.push(drawTime(item.at_ms));
      before = item.at_ms;
      nodes.push(drawItem(item, names, (kind, body) => this.act(kind, body)));
    }
    this.list.replaceChildren(...nodes);
    this.toEnd();
  }

  drawFoot(draft = '') {
    this.input = undefined;
    this.foot.replaceChildren();
    if (!this.customer.following) {
      const follow = element('button', 'primary wide', word('follow'));
      follow.addEventListener('click', () => this.act('follow', {}));
      this.foot.append(follow);
      return;
    }
    const row = element('div', 'row');
    if (!this.followed()) row.append(this.button('enter', () => this.act('enter', {})));
    else row.append(this.button(this.menuOpen ? 'keyboard' : 'menu', () => this.flip('menuOpen')));
    if (this.menuOpen) row.append(...this.account.menu.map((one) => this.menuButton(one)));
    else row.append(this.composer(draft), this.button('more', () => this.flip('panelOpen')));
    this.foot.append(row);
    if (this.panelOpen && !this.menuOpen) this.foot.append(this.panel());
  }

  /** KF has no menu and nobody follows it; a customer opens its chat. */
  kefu() {
    return this.account.kind === 'kefu';
  }

  /** Only official accounts have followers and a menu; the others' chats are opened. */
  followed() {
    return (this.account.kind ?? 'official_account') === 'official_account';
  }

  flip(what) {
    const draft = this.input?.value ?? '';
    this[what] = !this[what];
    this.drawFoot(draft);
  }

  menuButton(one) {
    const button = element('button', 'menu', one.name);
    button.addEventListener('click', () => this.act('menu', { key: one.key }));
    return button;
  }

  composer(draft) {
    const form = element('form', 'composer');
    this.input = element('input');
    Object.assign(this.input, { value: draft, placeholder: word('input'), autocomplete: 'off', maxLength: 2000 });
    this.input.setAttribute('aria-label', word('input'));
    // Enter that ends a composition of an input method chooses a word; it does not send.
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.isComposing || event.keyCode === 229)) event.preventDefault();
    });
    form.append(this.input, element('button', 'primary send', word('send')));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.sendText();
    });
    return form;
  }

  async sendText() {
    const { input } = this;
    const text = input.value;
    if (text.trim() === '') return;
    input.value = '';
    if (!(await this.act('text', { text })) && input.value === '') input.value = text;
  }

  panel() {
    const panel = element('div', 'panel');
    const tile = (name, tap) => {
      const button = element('button', 'tile');
      const sign = element('span', 'sign');
      sign.append(icon(name));
      button.append(sign, element('span', '', word(name)));
      button.addEventListener('click', tap);
      return button;
    };
    panel.append(...this.tiles().map(([name, tap]) => tile(name, tap)));
    return panel;
  }

  /** What a customer can send or do here, beside words. */
  tiles() {
    const picture = ['image', () => this.choosePicture()];
    const place = ['location', () => this.act('location', { latitude: 31.2304, longitude: 121.4737, label: word('place') })];
    if (this.kefu()) return [picture, place];
    const card = ['card', () => this.act('card', { title: word('cardTitle'), page_path: 'pages/orders' })];
    const consent = ['consent', () => this.act('subscribe-popup', { choices: this.account.templates.slice(0, 3).map((one) => ({ template_id: one.id })) })];
    if (!this.followed()) return [picture, card, consent];
    return [
      picture, place, ['voice', () => this.speak()], ['video', () => this.act('video', {})],
      ['link', () => this.act('link', { title: word('linkTitle'), url: 'https://example.com/descale' })], ['file', () => this.act('file', { title: word('fileName') })],
      card, ['scan', () => this.scan()], consent, ['unfollow', () => this.act('unfollow', {})],
    ];
  }

  speak() {
    const heard = prompt(word('said'), '');
    if (heard !== null) void this.act('voice', heard === '' ? {} : { recognition: heard });
  }

  choosePicture() {
    const chooser = element('input');
    Object.assign(chooser, { type: 'file', accept: this.kefu() ? 'image/png,image/jpeg' : 'image/png,image/jpeg,image/gif' });
    // Closing the chooser without a choice sends the sample picture.
    chooser.addEventListener('cancel', () => this.act('image', {}));
    chooser.addEventListener('change', () => this.sendPicture(chooser.files[0]));
    chooser.click();
  }

  async sendPicture(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    await this.act('image', { data_base64: btoa(binary), content_type: file.type });
  }

  scan() {
    const scene = prompt(word('scene'), 'shop1');
    if (scene) void this.act('scan', { scene });
  }

  act(kind, body) {
    return this.call('POST', `customers/${this.customer.openid}/${kind}`, body);
  }

  button(name, tap) {
    const button = element('button', 'round');
    button.append(icon(name));
    button.type = 'button';
    button.title = word(name);
    button.setAttribute('aria-label', word(name));
    button.addEventListener('click', tap);
    return button;
  }
}
