// A KF customer's phone in a real browser.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { kefuStage } from './kefu_testing.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

test('a KF phone: opens the chat, writes, taps a menu, sees who answers and what is taken back', { skip: existsSync(CHROMIUM) ? false : `no Chromium at ${CHROMIUM}` }, async (t) => {
  const s = await kefuStage(t);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (line) => line.type() === 'error' && troubles.push(line.text()));
  await page.goto(s.url);
  await page.selectOption('#account', 'kefu1');
  await page.fill('#name', '王芳');
  await page.click('#create button');
  const phone = page.locator('.phone', { hasText: '王芳' });
  await phone.getByText('进入会话', { exact: true }).waitFor();
  assert.equal(await phone.locator('button[title=菜单]').count(), 0);
  await phone.locator('.composer input').fill('在吗');
  await phone.locator('.composer input').press('Enter');
  await phone.getByText('客服消息还可发 5 条').waitFor();
  const who = (await s.control('GET', 'customers')).customers[0].openid;
  const list = [{ type: 'click', click: { id: '7', content: '问价格' } }, { type: 'view', view: { url: 'https://a.cn', content: '看官网' } }];
  assert.equal((await s.kf('send_msg', { touser: who, msgtype: 'msgmenu', msgmenu: { head_content: '想问什么', list } })).errcode, 0);
  await phone.locator('a[href^="https://a.cn"]', { hasText: '看官网' }).waitFor();
  await phone.getByText('问价格').click();
  await phone.locator('.line.customer', { hasText: '问价格' }).waitFor();
  assert.deepEqual((await s.log()).at(-1).text, { content: '问价格', menu_id: '7' });
  await s.kf('service_state/trans', { external_userid: who, service_state: 3, servicer_userid: 'lisi' });
  await s.act(who, 'servicer-text', { text: '我是李四' });
  await phone.getByText('接待人员 lisi').waitFor();
  const { msgid } = await s.act(who, 'servicer-text', { text: '发错了' });
  await phone.getByText('发错了').waitFor();
  await s.act(who, 'servicer-recall', { msgid });
  await phone.getByText('对方撤回了一条消息').waitFor();
  assert.equal(await phone.getByText('发错了').count(), 0);
  assert.deepEqual(troubles, []);
});
