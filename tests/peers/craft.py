"""Every theme with every example article: what strangers' programs make of the mails.

Builds them all, and has Python, SpamAssassin, the Nu HTML checker and a strict Postfix
judge them. What there is and how Python reads it is left in `craft/index.json` for
`craft.mjs`.
"""

import concurrent.futures
import email
import email.policy
import email.utils
import hashlib
import json
import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import tomllib

from checks import LETTERPRESS, ROOT, WORK, check, run, same, unix
from postfix import Postfix, ours

HERE = pathlib.Path(__file__).parent
CRAFT = WORK / "craft"
THEMES = sorted(path.parent.name for path in ROOT.glob("templates/*/theme.toml"))
ARTICLES = sorted(path for path in ROOT.glob("articles/*") if path.suffix in (".md", ".txt"))

# Gmail cuts a mail off at about 102 KB of encoded HTML; a tenth stays for what is added on its
# way.
MOST_HTML = 90 * 1024
# From where on a mail is an article of 2,000 words.
LONG = 2000
# What a mail server on the way writes, so that rules about the way have something to read.
# SpamAssassin holds the IPv4 addresses of examples against a mail.
RECEIVED = ("Received: from relay.example.com (relay.example.com [IPv6:2001:db8::7])\n"
            "\tby mx.example.org (Postfix) with ESMTPS id 4XkPq10Zt3z1\n"
            "\tfor <reader@example.com>; {date}\n")


class Mail:
    """One article in one theme, and the folder it was built into. Its pictures are uploaded
    somewhere, or `carried` by the mail."""

    def __init__(self, theme, article, carried=False):
        self.theme, self.article, self.carried = theme, article, carried
        self.name = f"{theme}, {article.stem}{', carried' if carried else ''}"
        self.project = CRAFT / (f"{theme}-carried" if carried else theme)
        self.folder = self.project / "built" / article.stem

    def build(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        pictures = [] if self.carried else ["--assets", self.folder / "images"]
        built = run(LETTERPRESS, "build", f"articles/{self.article.name}", "--out", self.folder, "--json",
                    "--list", WORK / "readers.csv", *pictures, cwd=self.project)
        (self.folder / "build.json").write_text(built.stdout, encoding="utf-8")
        return built

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def raw(self):
        return (self.folder / "email.eml").read_bytes()

    def message(self):
        return email.message_from_bytes(self.raw(), policy=email.policy.default)


def project(theme, carried=False):
    """A folder with the example articles, in which this theme is the newsletter's."""
    folder = CRAFT / (f"{theme}-carried" if carried else theme)
    shutil.copytree(ROOT / "articles", folder / "articles")
    for path in (folder / "articles").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        # The theme an article asks for itself would be the same in every folder.
        path.write_text(re.sub(r"(?m)^theme\s*[:=].*\n", "", text, count=1), encoding="utf-8")
    settings = (ROOT / "newsletter.toml").read_text(encoding="utf-8")
    settings, themes = re.subn(r'(?m)^theme = ".*"$', f'theme = "{theme}"', settings)
    settings, bases = re.subn(r'(?m)^# (base_url = )', r"\1", settings)
    way = "embed_images" if carried else "assets_url"
    settings, ways = re.subn(rf"(?m)^# ({way} = )", r"\1", settings)
    assert themes == bases == ways == 1, "newsletter.toml is not as it was"
    (folder / "newsletter.toml").write_text(settings, encoding="utf-8")


def python_reads(mail):
    """What Python makes of a mail, for others to agree with."""
    message = mail.message()

    def people(header):
        return [[one.display_name, one.addr_spec] for one in message[header].addresses]

    def body(kind):
        part = message.get_body((kind,))
        return unix(part.get_content()).rstrip() if part else None

    attached = [part for part in message.walk() if part.get_content_maintype() not in ("text", "multipart")]
    return {
        "headers": [name.lower() for name in message.keys()],
        "subject": message["Subject"],
        "from": people("From"),
        "to": people("To"),
        "date": int(message["Date"].datetime.timestamp()),
        "id": message["Message-ID"],
        "leave": message["List-Unsubscribe"],
        "text": body("plain"),
        "html": body("html"),
        "attachments": sorted([part.get_content_type(), str(part["Content-ID"] or ""),
                               hashlib.sha256(part.get_content()).hexdigest()] for part in attached),
    }


def python_judges(mail):
    message = mail.message()
    with check(f"craft: {mail.name}: python email finds no defect, and the two parts as they were built"):
        for part in message.walk():
            assert not part.defects, part.defects
            for header, value in part.items():
                assert not value.defects, (header, value.defects)
        kinds = [part.get_content_type() for part in message.walk() if part.get_content_maintype() == "text"]
        assert kinds == ["text/plain", "text/html"], kinds
        same(unix(message.get_body(("plain",)).get_content()), unix(mail.read("email.txt")), "the text part")
        html = unix(message.get_body(("html",)).get_content())
        pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
        if mail.carried:
            named = set(re.findall(r'src="cid:([^"]+)"', html))
            carried = {str(part["Content-ID"]).strip("<>") for part in pictures}
            assert named == carried and named, f"named are {named}, carried are {carried}"
            assert all(part.get_content_disposition() == "inline" for part in pictures)
        else:
            assert not pictures, "pictures are carried that were to be uploaded"
            same(html, unix(mail.read("email.html")), "the HTML part")
        for header in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Id",
                       "List-Unsubscribe", "List-Unsubscribe-Post"):
            assert len(message.get_all(header, [])) == 1, header

    with check(f"craft: {mail.name}: the HTML is small enough, and no line of the text too long"):
        part = message.get_body(("html",))
        size = len(part.get_payload().encode())
        assert size < MOST_HTML, f"the encoded HTML has {size} bytes, {MOST_HTML} are the most"
        for line in mail.read("email.txt").splitlines():
            assert len(line) <= 78 or "://" in line or "mailto:" in line, line


def spam_judges(mails):
    """SpamAssassin, without the network, in one process for all."""
    allowed = tomllib.loads((HERE / "allowed/spamassassin.toml").read_text(encoding="utf-8"))["allowed"]
    reasons = {one["rule"]: one["reason"] for one in allowed}
    folder = CRAFT / "mails"
    folder.mkdir()
    for number, mail in enumerate(mails):
        message = mail.message()
        top = RECEIVED.format(date=email.utils.format_datetime(message["Date"].datetime))
        (folder / f"{number:03}").write_bytes(top.encode() + mail.raw().replace(b"\r\n", b"\n"))
    judged = run("perl", HERE / "craft_spam.pl", CRAFT / "spam", *sorted(folder.iterdir()), timeout=150)
    with check("craft: spamassassin reads every mail"):
        assert judged.returncode == 0, judged.stderr[-600:]
        verdicts = [json.loads(line) for line in judged.stdout.splitlines()]
        assert len(verdicts) == len(mails), judged.stderr[-600:]
    if judged.returncode:
        return
    seen = set()
    for mail, verdict in zip(mails, verdicts):
        with check(f"craft: {mail.name}: spamassassin scores {verdict['score']}"):
            hits = {name: score for name, score in verdict["rules"].items() if score >= 0}
            seen |= set(hits)
            assert verdict["score"] < 1.0, hits
            unknown = {name: score for name, score in hits.items() if name not in reasons}
            assert not unknown, f"rules that nobody has allowed: {unknown}"
    with check("craft: every rule of SpamAssassin that is allowed is hit by some mail"):
        assert seen >= set(reasons), f"no longer hit: {sorted(set(reasons) - seen)}"
    with check("craft: spamassassin would know spam: it finds its own sample"):
        assert judged.stderr.strip().splitlines()[-1:] == ["the sample is spam"], judged.stderr[-300:]


def nu_judges(mails):
    """The Nu HTML checker, in one Java machine for all pages."""
    jar = next(HERE.glob("node_modules/vnu-jar/build/dist/vnu.jar"))
    pages = {(mail.folder / "email.html").as_uri(): mail for mail in mails}
    judged = subprocess.run(
        ["java", "-Xss4m", "-jar", jar, "--format", "json", "--stdout", "--exit-zero-always", "--also-check-css",
         *(str(mail.folder / "email.html") for mail in mails)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150, check=False)
    allowed = tomllib.loads((HERE / "allowed/nu.toml").read_text(encoding="utf-8"))["allowed"]
    found = {uri: [] for uri in pages}
    with check("craft: the Nu HTML checker reads every page"):
        assert judged.returncode == 0, judged.stderr[-600:]
        for message in json.loads(judged.stdout)["messages"]:
            found[message["url"].replace("file:/", "file:///").replace("file://///", "file:///")].append(message)
    matched = set()
    for uri, messages in found.items():
        with check(f"craft: {pages[uri].name}: the Nu HTML checker finds nothing that is not allowed"):
            left = []
            for message in messages:
                entry = next((i for i, one in enumerate(allowed)
                              if re.fullmatch(one["message"], message["message"])), None)
                if entry is None:
                    left.append(f"{message.get('subType', message['type'])}: {message['message']} "
                                f"at `{message.get('extract', '').strip()[:160]}`")
                else:
                    matched.add(entry)
            assert not left, f"{len(left)} findings, the first: {left[0]}"
    with check("craft: every message of the Nu HTML checker that is allowed comes from some page"):
        idle = [one["message"] for i, one in enumerate(allowed) if i not in matched]
        assert not idle, f"no longer found: {idle}"


def postfix_judges(mails):
    postfix = None
    try:
        with check("craft: a strict Postfix starts"):
            postfix = Postfix("craft-postfix")
        if not postfix:
            return
        client = smtplib.SMTP("127.0.0.1", postfix.plain, timeout=20)
        for mail in mails:
            with check(f"craft: {mail.name}: a strict Postfix takes it, and passes on every byte"):
                before = set(postfix.delivered())
                refused = client.sendmail("news@example.com", ["reader@example.com"], mail.raw())
                assert refused == {}, refused
                new = postfix.wait_for(lambda before=before: set(postfix.delivered()) - before, "the mail")
                same(ours(new.pop().read_bytes()), ours(mail.raw()), "the mail")
        client.quit()
        with check("craft: the log of Postfix has no word against us"):
            for word in ("improper command pipelining", "bare newline", "reject:", "panic", "fatal"):
                assert word not in postfix.log(), word
    finally:
        if postfix:
            postfix.stop()


def main():
    CRAFT.mkdir()
    for theme in THEMES:
        project(theme)
    mails = [Mail(theme, article) for theme in THEMES for article in ARTICLES]
    # One that carries its pictures stands for all: how is the same in every theme.
    project(THEMES[0], carried=True)
    mails += [Mail(THEMES[0], article, carried=True) for article in ARTICLES if article.stem == "small-needles"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        built = list(pool.map(Mail.build, mails))
    for mail, result in zip(mails, built):
        with check(f"craft: {mail.name}: is built without a warning"):
            assert result.returncode == 0, result.stdout + result.stderr
            warnings = json.loads(result.stdout)["warnings"]
            assert not warnings, warnings
    mails = [mail for mail, result in zip(mails, built) if result.returncode == 0]
    with check("craft: there are themes, and an article of 2,000 words"):
        assert THEMES and any(len(path.read_text(encoding="utf-8").split()) > LONG for path in ARTICLES)
    for mail in mails:
        python_judges(mail)
    index = [{"theme": mail.theme, "article": mail.article.stem, "name": mail.name, "folder": str(mail.folder),
              "python": python_reads(mail)} for mail in mails]
    (CRAFT / "index.json").write_text(json.dumps(index), encoding="utf-8")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(spam_judges, mails), pool.submit(nu_judges, mails)]:
            done.result()
    postfix_judges(mails)


main()
