// The phones' page in a real browser: what a newcomer does first.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { FAILURE_TEXT } from './delivery.ts';
import { ACCOUNT, plainReply, sealReply, stage } from './testing.ts';
import type { Stage } from './testing.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

async function openPage(s: Stage, t: { after: (close: () => Promise<void>) => void }): Promise<{ page: Page; troubles: string[] }> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (line) => line.type() === 'error' && troubles.push(line.text()));
  await page.goto(s.url);
  return { page, troubles };
}

test('two phones: follow, ask, menu, failure bubble, markup stays text, English', { skip: existsSync(CHROMIUM) ? false : `no Chromium at ${CHROMIUM}` }, async (t) => {
  const s = await stage(t);
  s.answer((push, response) => {
    if (push.fields.Content === '坏') response.writeHead(500).end();
    else response.end(sealReply(plainReply(push, `<img src=x onerror=alert(1)> 收到 ${push.fields.Content ?? push.fields.EventKey}`)));
  });
  const { page, troubles } = await openPage(s, t);
  for (const name of ['王芳', '李雷']) {
    await page.fill('#name', name);
    await page.click('#create button');
    await page.locator('.phone', { hasText: name }).locator('.account .bubble').waitFor();
  }
  const [fang, lei] = [page.locator('.phone', { hasText: '王芳' }), page.locator('.phone', { hasText: '李雷' })];
  await fang.locator('.composer input').fill('几点开门');
  await fang.locator('.composer input').press('Enter');
  await fang.getByText('<img src=x onerror=alert(1)> 收到 几点开门', { exact: true }).waitFor();
  assert.equal(await page.locator('.bubble img').count(), 0);
  await lei.locator('.composer input').fill('坏');
  await lei.locator('.send').click();
  await lei.getByText(FAILURE_TEXT).waitFor();
  await lei.locator('button[title=菜单]').click();
  await lei.locator('.menu', { hasText: '营业时间' }).click();
  await lei.getByText('收到 MENU_HOURS').waitFor();
  assert.equal(await fang.getByText(FAILURE_TEXT).count(), 0);
  await page.click('#language');
  await fang.getByText('passive reply').first().waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.deepEqual(troubles, []);
});

test('a mini program’s phone, an official account’s media, and a notice', { skip: existsSync(CHROMIUM) ? false : `no Chromium at ${CHROMIUM}` }, async (t) => {
  const others = [{ ...ACCOUNT, mode: 'safe', id: 'app', name: '晨光商城', path: 'app', appid: 'wxapp', originalId: 'gh_app', kind: 'mini_program' }];
  const s = await stage(t, { others });
  const { page, troubles } = await openPage(s, t);
  page.on('dialog', (dialog) => void dialog.accept('几点开门'));
  await page.selectOption('#account', 'app');
  await page.fill('#name', '王芳');
  await page.click('#create button');
  const [fang, lei] = [page.locator('.phone', { hasText: '王芳' }), page.locator('.phone', { hasText: '李雷' })];
  await fang.getByText('进入客服会话').waitFor();
  await fang.locator('button[title=更多]').click();
  assert.deepEqual(await fang.locator('.tile').allInnerTexts(), ['图片', '小程序卡片', '订阅通知']);
  await fang.getByText('小程序卡片').click();
  await fang.getByText('[小程序] 我的订单').waitFor();
  await page.selectOption('#account', 'main');
  await page.fill('#name', '李雷');
  await page.click('#create button');
  await lei.locator('button[title=更多]').click();
  for (const [tile, shown] of [['语音', '[语音] 几点开门'], ['视频', '[视频]'], ['链接', '怎么除水垢'], ['文件', '[文件] 说明书.pdf']] as const) {
    await lei.locator('.tile', { hasText: tile }).click();
    await lei.locator('.line').getByText(shown).waitFor();
  }
  const { customers } = await s.control('GET', 'customers');
  const data = { thing1: { value: '<b>您的问题有回复</b>' }, time2: { value: '17:05' } };
  await s.api('POST', `message/template/send?access_token=${await s.token()}`, { touser: customers[1].openid, template_id: 'TPL_REPLY_WAITING', data });
  await lei.locator('.card.notice').getByText('<b>您的问题有回复</b>').waitFor();
  assert.deepEqual(troubles, []);
});
