// `jobs.cjs` in pages of Chromium, one for each of the arguments, such as `json,websocket`: format, transport, and a part of the
// name of a job where not all are to be done.
'use strict';
const crypto = require('node:crypto');
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { dirname, join } = require('node:path');
const { chromium } = require('playwright-core');

const secret = process.env.CENTRIFUGE_TEST_SECRET;
// of the package, beside what a program of Node imports
const bundles = join(dirname(require.resolve('centrifuge')), '../dist');
const scripts = {
  '/json.js': join(bundles, 'centrifuge.js'),
  '/protobuf.js': join(bundles, 'centrifuge.protobuf.js'),
  '/page.js': join(__dirname, 'page.js'),
  '/jobs.js': join(__dirname, 'jobs.cjs'),
};
const page = (format) => `<!doctype html>${[format, 'page', 'jobs'].map((name) => `<script src="/${name}.js"></script>`).join('')}`;

function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://page');
  if (request.method === 'POST') {
    const digest = crypto.createHmac('sha256', secret);
    request.on('data', (piece) => digest.update(piece)).on('end', () => response.end(digest.digest('base64url')));
    return;
  }
  const script = scripts[pathname];
  response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' });
  const text = script ? readFileSync(script, 'utf8') : page(pathname.slice(1));
  // a module has names of its own
  response.end(pathname === '/jobs.js' ? `(() => {${text}})();` : text);
}

async function run(context, origin, words) {
  const tab = await context.newPage();
  const said = (text) => console.log(`${words}: ${text}`);
  tab.on('console', (message) => said(message.text()));
  tab.on('pageerror', (error) => said(`FAILED: ${error.stack}`));
  const over = new Promise((resolve) => { tab.exposeFunction('done', resolve).then(() => open()); });
  const { CENTRIFUGE_TEST_URLS } = process.env;
  const told = encodeURIComponent(JSON.stringify([words.split(','), { CENTRIFUGE_TEST_URLS }]));
  const open = () => tab.goto(`${origin}/${words.split(',')[0]}#${told}`);
  return over;
}

(async () => {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
  const context = await browser.newContext();
  const origin = `http://127.0.0.1:${server.address().port}`;
  const codes = await Promise.all(process.argv.slice(2).map((words) => run(context, origin, words)));
  await browser.close();
  server.close();
  if (codes.every((code) => !code)) console.log('in all pages: all jobs done');
  process.exit(Math.max(...codes));
})();
