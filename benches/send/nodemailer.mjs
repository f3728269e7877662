// nodemailer as its guide has it used: its pool, and its signer when there is a key.
//
//   node nodemailer.mjs NODE_FOLDER port=… connections=… messages=… seconds=… html=FILE text=FILE [ca=FILE] [key=FILE]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, ...rest] = process.argv.slice(2);
const nodemailer = createRequire(`${folder}/`)('nodemailer');
const settings = Object.fromEntries(rest.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
const [html, text] = [readFileSync(settings.html, 'utf8'), readFileSync(settings.text, 'utf8')];
const connections = Number(settings.connections);
const messages = Number(settings.messages);
const until = performance.now() + 1000 * Number(settings.seconds);

const transport = nodemailer.createTransport({
  host: 'localhost',
  port: Number(settings.port),
  pool: true,
  maxConnections: connections,
  maxMessages: Infinity,
  secure: Boolean(settings.ca),
  ignoreTLS: !settings.ca,
  tls: settings.ca ? { ca: readFileSync(settings.ca) } : undefined,
  dkim: settings.key
    ? { domainName: 'example.com', keySelector: 'letterpress', privateKey: readFileSync(settings.key, 'utf8') }
    : undefined,
});

let next = 0;
// Two wait for each connection, so that none is ever without its next message.
const feed = async () => {
  while (next < messages && performance.now() < until) {
    const name = `Reader ${next}`;
    const to = { name, address: `reader${next}@example.org` };
    next += 1;
    await transport.sendMail({
      from: 'Letters <news@example.com>',
      to,
      subject: `The letter for ${name}`,
      text: text.replaceAll('{name}', name),
      html: html.replaceAll('{name}', name),
    });
  }
};
await Promise.all(Array.from({ length: 2 * connections }, feed));
transport.close();
