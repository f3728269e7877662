// The built mails, read by mailparser, and its reading compared with what was built.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";

const require = createRequire(join(process.env.PEERS_NODE, "package.json"));
const { simpleParser } = require("mailparser");
const settings = readFileSync(join(process.env.PEERS_ROOT, "newsletter.toml"), "utf8");
const newsletter = settings.match(/^name = "(.*)"$/m)[1];
const unix = (text) => text.replaceAll("\r\n", "\n").trimEnd();

for (const [name, folder] of [["plain text", "plain"], ["markdown", "markdown"]]) {
  const built = join(process.env.PEERS_WORK, "built", folder);
  const expected = JSON.parse(readFileSync(join(built, "build.json"), "utf8"));
  const text = readFileSync(join(built, "email.txt"), "utf8");
  const html = readFileSync(join(built, "email.html"), "utf8");
  const mail = await simpleParser(readFileSync(join(built, "email.eml")), { skipTextToHtml: true });
  const compare = {
    subject: [mail.subject, expected.subject],
    from: [mail.from.value[0].address, "news@example.com"],
    "from's name": [mail.from.value[0].name, newsletter],
    to: [mail.to.value[0].address, expected.reader],
    "the text": [unix(mail.text), unix(text)],
    "the HTML": [unix(mail.html), unix(html)],
    "number of attachments": [mail.attachments.length, 0],
  };
  for (const [what, [found, wanted]] of Object.entries(compare)) {
    const line = `mailparser: ${name}: ${what} is what was built`;
    if (found === wanted) console.log(`ok ${line}`);
    else console.log(`FAILED ${line}: found ${String(found).slice(0, 80)}, expected ${String(wanted).slice(0, 80)}`);
  }
}
