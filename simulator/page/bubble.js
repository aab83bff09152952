// Draws one line of a phone's conversation. Text nodes only: nothing a message says becomes markup.
import { clockText, word } from './words.js';

export function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** `act(kind, body)` is what tapping inside a bubble does. */
export function drawItem(item, names, act) {
  if (item.from === 'system') return element('li', `system ${item.kind}`, word('system')[item.kind]?.(item.data) ?? item.text);
  if (item.kind === 'recalled') return element('li', 'system recalled', word('recalled')(item.from));
  const line = element('li', `line ${item.from} ${item.kind}`);
  line.dataset.item = String(item.id);
  const body = element('div', 'body');
  body.append(drawBubble(item, act));
  if (item.via) body.append(element('small', 'via', [word(item.via), item.data?.servicer_userid, item.data?.kf_account, item.data?.ai && word('ai')].filter(Boolean).join(' ')));
  if (item.kind === 'menu_click') body.append(element('small', 'via', word('menu_click')));
  line.append(drawAvatar(item.from, names), body);
  return line;
}

export function drawTime(atMs) {
  return element('li', 'time', clockText(atMs));
}

function drawAvatar(from, names) {
  const name = from === 'customer' ? names.customer : names.account;
  const avatar = element('span', 'avatar', [...name.replace(/[\s\d]/g, '')].slice(0, 1).join('') || '我');
  if (from === 'customer') avatar.style.setProperty('--hue', String([...name].reduce((sum, char) => sum + char.codePointAt(0) * 47, 0) % 360));
  return avatar;
}

function drawBubble(item, act) {
  const draw = DRAWERS[item.kind] ?? drawText;
  return draw(item, act);
}

const DRAWERS = { image: drawImage, news: drawNews, link: drawNews, location: drawPlace, msgmenu: drawMenu, notice: drawNotice };

function drawText(item, act) {
  const bubble = element('div', 'bubble');
  bubble.append(...linked(item.text, act));
  return bubble;
}

const LINK = /<a\s[^>]*?href=["']([^"']*)["'][^>]*>([^<]*)<\/a>|(https?:\/\/[^\s<>"'，。；！？）】]+)/gi;

/** Text with its links: `<a href>` and bare addresses, as WeChat shows them. */
function linked(text, act) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    nodes.push(text.slice(at, match.index), drawLink(match[1] ?? match[3], match[2] ?? match[3], act));
    at = match.index + match[0].length;
  }
  return [...nodes, text.slice(at)];
}

function drawLink(href, label, act) {
  const link = element('a', '', label);
  const menu = /^weixin:\/\/bizmsgmenu\?(.*)$/.exec(href);
  if (menu) {
    const asked = new URLSearchParams(menu[1]);
    return tappable(link, () => act('text', { text: asked.get('msgmenucontent') || label, menu_id: asked.get('msgmenuid') || '0' }));
  }
  if (/^https?:\/\//i.test(href)) Object.assign(link, { href, target: '_blank', rel: 'noopener noreferrer' });
  return link;
}

function tappable(node, tap) {
  node.tabIndex = 0;
  node.role = 'button';
  node.addEventListener('click', tap);
  node.addEventListener('keydown', (event) => event.key === 'Enter' && tap());
  return node;
}

function drawImage(item) {
  const picture = element('img', 'picture');
  picture.src = `/media/${item.data?.media_id}`;
  picture.alt = item.text;
  return picture;
}

function drawNews(item, act) {
  if (!item.data?.articles) return drawText(item, act);
  const card = element('div', 'card');
  for (const article of item.data?.articles ?? []) {
    const entry = element('a', 'article');
    if (/^https?:\/\//i.test(article.url)) Object.assign(entry, { href: article.url, target: '_blank', rel: 'noopener noreferrer' });
    entry.append(element('strong', '', article.title), element('p', '', article.description), element('small', '', word('read')));
    card.append(entry);
  }
  return card;
}

function drawPlace(item) {
  const card = element('div', 'card place');
  card.append(element('strong', '', item.text), element('small', '', `${item.data?.latitude}, ${item.data?.longitude}`), element('div', 'map'));
  return card;
}

/** A template or subscribe message: a card of its own, not a line of talk. */
function drawNotice(item) {
  const card = element('div', 'card notice');
  card.append(element('strong', '', item.data.title), ...item.data.lines.map((one) => element('p', '', one.value)));
  return card;
}

/** An item of a KF menu that says nothing when tapped: an address, a mini program, words. */
function drawChoice({ url, content }, act) {
  return url ? drawLink(url, content, act) : element('span', '', content);
}

function drawMenu(item, act) {
  const bubble = element('div', 'bubble');
  const { head, list, tail } = item.data;
  if (head) bubble.append(element('p', '', head));
  for (const choice of list) {
    const row = element('p');
    row.append(choice.type && choice.type !== 'click' ? drawChoice(choice, act) : tappable(element('a', '', choice.content), () => act('text', { text: choice.content, menu_id: choice.id })));
    bubble.append(row);
  }
  if (tail) bubble.append(element('p', '', tail));
  return bubble;
}
