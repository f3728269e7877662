// The mails that dkim_sign.py or campaign.py left in the folder that is named, verified
// by mailauth with a table for DNS.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";

const require = createRequire(join(process.env.PEERS_NODE, "package.json"));
const { dkimVerify } = require("mailauth/lib/dkim/verify");
const index = JSON.parse(readFileSync(join(process.env.PEERS_WORK, process.argv[2], "index.json"), "utf8"));

const tell = (line, fault) => console.log(fault ? `FAILED ${line}: ${fault}` : `ok ${line}`);

for (const { name, mail, records, signatures } of index) {
  const resolver = async (wanted, type) => {
    if (type === "TXT" && records[wanted]) return [[records[wanted]]];
    throw Object.assign(new Error(`no ${wanted}`), { code: "ENOTFOUND" });
  };
  const results = async (bytes) => (await dkimVerify(bytes, { resolver })).results.map((one) => one.status.result);
  const raw = readFileSync(mail);
  const found = await results(raw);
  const all = found.length === signatures && found.every((one) => one === "pass");
  tell(`mailauth: ${name}: every signature is believed`, all ? null : JSON.stringify(found));
  const changed = await results(Buffer.concat([Buffer.from("From: mallory@example.org\r\n"), raw]));
  tell(`mailauth: ${name}: another From is noticed`, changed.includes("pass") ? JSON.stringify(changed) : null);
}
