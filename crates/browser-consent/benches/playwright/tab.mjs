// One browser tab, driven by lines on stdin: `open`, `sign-in URL`, `consent URL`, `close`. Each is answered with a line.
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const { BROWSER_PROGRAM, LOADTEST_EMAIL, LOADTEST_PASSWORD } = process.env;
let browser, page;

const press = name => page.getByRole('button', { name, exact: true }).click();
const commands = {
  async open() {
    browser = await chromium.launch({ executablePath: BROWSER_PROGRAM });
    page = await browser.newPage();
  },
  async 'sign-in'(url) {
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    await page.getByLabel('Email').fill(LOADTEST_EMAIL);
    await page.getByLabel('Password').fill(LOADTEST_PASSWORD);
    await press('Sign in');
    await press('Approve');
  },
  async consent(url) {
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    await press('Approve');
  },
  close: () => browser.close(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command, url] = line.split(' ');
  await commands[command](url);
  console.log('done');
}
