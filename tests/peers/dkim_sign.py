"""Mails that the program signs, with keys of its own making and of openssl's, verified
by dkimpy and by OpenDKIM. The records come from a table; nobody asks DNS.

Leaves the mails and the records in the folder `dkim`, for mailauth to verify them too.
"""

import base64
import json
import re

import dkim

from checks import ARTICLES, LETTERPRESS, WORK, check, project, run, same

HOME = WORK / "dkim"
DOMAIN = "example.com"


def keygen(folder, selector, *args):
    """A key of the program's own making, and its record."""
    made = run(LETTERPRESS, "dkim", "keygen", "--selector", selector, "--out", f"{selector}.pem", "--json", *args,
               cwd=folder)
    assert made.returncode == 0, made.stderr
    record = json.loads(made.stdout)["record"]
    assert record["name"] == f"{selector}._domainkey.{DOMAIN}", record
    assert "".join(record["strings"]) == record["value"] and all(len(part) <= 255 for part in record["strings"])
    return record["value"]


def by_openssl(folder, selector, *make):
    """A key of openssl's making, and the record that openssl's public key makes."""
    path = folder / f"{selector}.pem"
    made = run("openssl", *make, "-out", path)
    assert made.returncode == 0, made.stderr
    path.chmod(0o600)
    return record(path, "ed25519" if "ED25519" in make else "rsa")


def record(path, kind):
    """The record of a private key, as openssl sees it."""
    shown = run("openssl", "pkey", "-in", path, "-pubout")
    assert shown.returncode == 0, shown.stderr
    public = "".join(shown.stdout.split("-----")[2].split())
    if kind == "ed25519":
        # The last 32 bytes are the key itself (RFC 8463, section 4).
        public = base64.b64encode(base64.b64decode(public)[-32:]).decode()
    return f"v=DKIM1; k={kind}; p={public}"


def opendkim(mail, records):
    """What OpenDKIM says of the first signature of a mail that it knows what to do with."""
    keys, settings = HOME / "keys", HOME / "opendkim.conf"
    keys.write_text("".join(f"{name} {value}\n" for name, value in records.items()))
    settings.write_text(f"TestPublicKeys {keys}\nMode v\nUserID root\nSyslog no\n")
    said = run("/usr/sbin/opendkim", "-x", settings, "-t", mail)
    return said.stdout + said.stderr


HOME.mkdir(parents=True, exist_ok=True)
folder = project("dkim-project")
CASES = {}
with check("openssl: reads the keys that the program makes, and shows the same public key"):
    for selector, kind, args in [("own", "rsa", []), ("own-ed", "ed25519", ["--ed25519"])]:
        CASES[selector] = keygen(folder, selector, *args)
        same(CASES[selector], record(folder / f"{selector}.pem", kind), "the record")
with check("openssl: makes keys for the program"):
    CASES["pkcs1"] = by_openssl(folder, "pkcs1", "genrsa", "-traditional")
    CASES["pkcs8"] = by_openssl(folder, "pkcs8", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072")
    CASES["edkey"] = by_openssl(folder, "edkey", "genpkey", "-algorithm", "ED25519")

settings = (folder / "newsletter.toml").read_text()
index = []
for first, second in [("own", None), ("own", "own-ed"), ("pkcs1", "edkey"), ("pkcs8", None)]:
    lines = f'\n[dkim]\nselector = "{first}"\nkey = {{ file = "{first}.pem" }}\n'
    if second:
        lines += f'ed25519_selector = "{second}"\ned25519_key = {{ file = "{second}.pem" }}\n'
    (folder / "newsletter.toml").write_text(settings + lines)
    selectors = [first] + ([second] if second else [])
    records = {f"{selector}._domainkey.{DOMAIN}": CASES[selector] for selector in selectors}
    for kind, (article, _, readers) in ARTICLES.items():
        name = f"{kind}, {' and '.join(selectors)}"
        out = HOME / name.replace(", ", "-").replace(" ", "-")
        more = ["--list", readers] if readers else []
        built = run(LETTERPRESS, "build", article, "--out", out, *more, cwd=folder)
        raw = (out / "email.eml").read_bytes() if built.returncode == 0 else b""
        with check(f"dkim: {name}: the program signs"):
            assert built.returncode == 0, built.stderr
            assert raw.count(b"DKIM-Signature:") == len(selectors)
        index.append({"name": name, "mail": str(out / "email.eml"), "records": records, "signatures": len(selectors)})

        def lookup(wanted, timeout=5):
            return records.get(wanted.decode().rstrip("."), "").encode()

        with check(f"dkimpy: {name}: every signature is believed, and none of a changed mail"):
            for at in range(len(selectors)):
                assert dkim.DKIM(raw).verify(idx=at, dnsfunc=lookup), f"signature {at}"
                head, body = raw.split(b"\r\n\r\n", 1)
                changed = {
                    "another From": b"From: mallory@example.org\r\n" + raw,
                    "another Subject below": head + b"\r\nSubject: x\r\n\r\n" + body,
                    "a Reply-To": head + b"\r\nReply-To: mallory@example.org\r\n\r\n" + body,
                    "the body": raw.replace(b"</html>", b"x</html>"),
                    "the subject": re.sub(rb"\r\nSubject: ", b"\r\nSubject: x", raw),
                }
                for what, mail in changed.items():
                    assert mail != raw, what
                    try:
                        believed = dkim.DKIM(mail).verify(idx=at, dnsfunc=lookup)
                    except dkim.DKIMException:
                        believed = False
                    assert not believed, f"{what} was not noticed"
        with check(f"opendkim: {name}: the signature is believed, and not that of a changed mail"):
            said = opendkim(out / "email.eml", records)
            assert f"verification (s={first}, d={DOMAIN}, " in said and "succeeded" in said, said
            wrong = HOME / "changed.eml"
            wrong.write_bytes(raw.replace(b"</html>", b"x</html>"))
            said = opendkim(wrong, records)
            assert "signature verification failed" in said and "succeeded" not in said, said
(HOME / "index.json").write_text(json.dumps(index))
