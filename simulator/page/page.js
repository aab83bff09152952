// The page: customers as tabs, phones side by side, live by server-sent events.
import { element } from './bubble.js';
import { Phone } from './phone.js';
import { currentLanguage, switchLanguage, word } from './words.js';

/** Phones that come out by themselves when the page is opened. */
const PHONES_AT_START = 3;
/** WeChat's 'typing' ends by itself after 15 s. */
const TYPING_MS = 15_100;
/** Tabs shown; tests may make thousands of customers. */
const TABS_MAX = 24;

const byId = (id) => document.getElementById(id);
const state = { accounts: [], customers: new Map(), phones: new Map() };

async function call(method, path, body) {
  try {
    const response = await fetch(`/control/${path}`, {
      method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    trouble('');
    return answer;
  } catch (error) {
    trouble(`${word('failed')}${error.message}`);
    return null;
  }
}

function trouble(text) {
  byId('trouble').textContent = text;
  byId('trouble').hidden = text === '';
}

async function openPhone(openid) {
  const customer = state.customers.get(openid);
  const account = state.accounts.find((one) => one.id === customer?.account);
  if (!account || state.phones.has(openid)) return;
  const phone = new Phone(customer, account, call, () => closePhone(openid));
  state.phones.set(openid, phone);
  byId('phones').append(phone.root);
  drawTabs();
  await loadLines(openid);
  phone.root.scrollIntoView({ inline: 'nearest', block: 'nearest' });
}

function closePhone(openid) {
  state.phones.get(openid)?.root.remove();
  state.phones.delete(openid);
  drawTabs();
}

async function loadLines(openid) {
  const answer = await call('GET', `customers/${openid}/transcript`);
  state.phones.get(openid)?.show(answer?.items ?? []);
}

/** Everything anew: at the start, and after the connection was lost. */
async function load() {
  const [accounts, customers] = [await call('GET', 'accounts'), await call('GET', 'customers')];
  if (!accounts || !customers) return;
  state.accounts = accounts.accounts;
  state.customers = new Map(customers.customers.map((one) => [one.openid, one]));
  byId('account').replaceChildren(...state.accounts.map((one) => new Option(one.name, one.id)));
  byId('account').hidden = state.accounts.length < 2;
  for (const openid of state.phones.keys()) if (!state.customers.has(openid)) closePhone(openid);
  if (state.phones.size === 0) for (const { openid } of customers.customers.slice(-PHONES_AT_START)) void openPhone(openid);
  else for (const [openid, phone] of state.phones) phone.update(state.customers.get(openid)), void loadLines(openid);
  drawTabs();
}

function drawTabs() {
  const tabs = [...state.customers.values()].slice(-TABS_MAX).map(({ openid, name }) => {
    const open = state.phones.has(openid);
    const tab = element('button', open ? 'tab open' : 'tab', name);
    tab.setAttribute('aria-pressed', String(open));
    tab.addEventListener('click', () => (open ? closePhone(openid) : openPhone(openid)));
    return tab;
  });
  byId('tabs').replaceChildren(...tabs);
  byId('empty').hidden = state.phones.size > 0;
}

async function refreshCustomer(openid) {
  const customer = await call('GET', `customers/${openid}`);
  if (!customer) return;
  const known = state.customers.has(openid);
  state.customers.set(openid, customer);
  state.phones.get(openid)?.update(customer);
  if (!known) drawTabs();
}

const CHANGES = {
  customer: ({ openid }) => refreshCustomer(openid),
  typing: ({ openid, on }) => {
    if (!state.phones.has(openid)) return;
    void refreshCustomer(openid);
    if (on) setTimeout(() => refreshCustomer(openid), TYPING_MS);
  },
  item: ({ openid, item }) => {
    state.phones.get(openid)?.show([item]);
    if (state.phones.has(openid)) void refreshCustomer(openid);
  },
  reset: () => load(),
};

function listen() {
  const events = new EventSource('/control/events');
  events.onopen = () => load();
  events.onerror = () => trouble(word('offline'));
  events.onmessage = ({ data }) => {
    const change = JSON.parse(data);
    void CHANGES[change.type]?.(change);
  };
}

function drawWords() {
  document.documentElement.lang = currentLanguage();
  document.title = word('title');
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll('[data-placeholder]')) node.placeholder = word(node.dataset.placeholder);
  byId('language').textContent = currentLanguage() === 'en' ? '中文' : 'EN';
  for (const phone of state.phones.values()) phone.draw();
}

byId('create').addEventListener('submit', async (event) => {
  event.preventDefault();
  const name = byId('name').value.trim();
  const customer = await call('POST', 'customers', { account: byId('account').value, following: false, ...(name === '' ? {} : { name }) });
  if (!customer) return;
  byId('name').value = '';
  state.customers.set(customer.openid, customer);
  await openPhone(customer.openid);
  // Only official accounts are followed: elsewhere opening the chat is how it begins.
  const kind = state.accounts.find((one) => one.id === customer.account)?.kind ?? 'official_account';
  await call('POST', `customers/${customer.openid}/${kind === 'official_account' ? 'follow' : 'enter'}`, {});
});
byId('language').addEventListener('click', () => {
  switchLanguage();
  drawWords();
});
// Windows close by the passing of time, which no event tells.
setInterval(() => {
  for (const openid of state.phones.keys()) void refreshCustomer(openid);
}, 15_000);
drawWords();
listen();
