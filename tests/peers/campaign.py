"""Whole campaigns through other people's servers: a strict Postfix that bounces and
greylists, and Postfix's smtp-sink, which hangs up without an answer or takes its time.

Leaves some signed mails in the folder `campaign-mails`, for mailauth to verify them too.
"""

import collections
import email
import email.policy
import json
import os
import re
import signal
import socketserver
import subprocess
import threading
import time

import dkim

from checks import LETTERPRESS, WORK, check, project, run
from postfix import PASSWORD, Postfix, answers, free_ports, ours, wait_for

PEOPLE = [f"reader{number}@example.{'org' if number % 7 == 0 else 'com'}" for number in range(300)]
DEAD = {"reader13@example.com"}
GREY = {"reader4@example.com", "reader50@example.com", "reader171@example.com"}
LETTER = "# The October letter\n\nDear {{ subscriber.name | default(value=\"reader\") }}, it rains. Zoë says hello.\n"


class Policy(socketserver.StreamRequestHandler):
    """Tells Postfix whom to refuse, for good or the first time (its policy protocol)."""

    seen = set()

    def handle(self):
        asked = {}
        for line in self.rfile:
            line = line.decode().strip()
            if line:
                name, _, value = line.partition("=")
                asked[name] = value
                continue
            who, answer = asked.get("recipient"), "DUNNO"
            if who in DEAD:
                answer = "550 5.1.1 nobody has this address"
            elif who in GREY and who not in self.seen:
                self.seen.add(who)
                answer = "450 4.2.0 greylisted, come back later"
            self.wfile.write(f"action={answer}\n\n".encode())
            asked = {}


class Policies(socketserver.ThreadingTCPServer):
    daemon_threads = True


def newsletter(name, relay, people):
    """A project with a state, a relay and these people on its list."""
    folder = project(name, relay)
    (folder / "october.md").write_text(LETTER)
    rows = [f"{one},Reader {number}" for number, one in enumerate(people)]
    (folder / "list.csv").write_text("\n".join(["email,name", *rows, ""]))
    settings = (folder / "newsletter.toml").read_text()
    identity = re.search(r'(?m)^id = "([^"]+)"', settings)[1]
    settings = settings.replace(f'id = "{identity}"', f'id = "{name}"', 1)
    (folder / "newsletter.toml").write_text(settings)
    letterpress(folder, "state", "new", well=True)
    return folder


def letterpress(folder, *args, ahead=None, well=False):
    command = ["faketime", "-f", ahead, LETTERPRESS, *args] if ahead else [LETTERPRESS, *args]
    ended = run(*command, cwd=folder, env={"SMTP_PASSWORD": PASSWORD})
    assert not well or ended.returncode == 0, f"{args}: {ended.returncode}: {ended.stdout}{ended.stderr}"
    return ended


def shown(folder):
    return json.loads(letterpress(folder, "campaign", "show", "1", "--json", well=True).stdout)


def named(campaign, state):
    return {one["address"] for one in campaign["people"] if one["state"] == state}


def counts(campaign):
    return {state: count for state, count in campaign["outcomes"].items() if count}


def signing(folder):
    """Two keys for the project; their records."""
    records, lines = {}, "\n[dkim]\n"
    for prefix, selector, args in [("", "camp", []), ("ed25519_", "camp-ed", ["--ed25519"])]:
        made = letterpress(folder, "dkim", "keygen", "--selector", selector, "--out", f"{selector}.pem", "--json", *args,
                           well=True)
        record = json.loads(made.stdout)["record"]
        records[record["name"]] = record["value"]
        lines += f'{prefix}selector = "{selector}"\n{prefix}key = {{ file = "{selector}.pem" }}\n'
    with open(folder / "newsletter.toml", "a", encoding="utf-8") as settings:
        settings.write(lines)
    return records


def through_postfix(postfix):
    folder = newsletter("campaign", postfix.settings(), PEOPLE)
    records = signing(folder)
    with check("campaign: Postfix takes several hundred over STARTTLS with a login; a bounce and greylisting are told"):
        letterpress(folder, "plan", "october.md", "--list", "list.csv", well=True)
        sent = letterpress(folder, "send", "--plan", "1", "--yes", "--allow", "untested")
        assert sent.returncode == 75, f"{sent.returncode}: {sent.stdout}{sent.stderr}"
        campaign = shown(folder)
        assert counts(campaign) == {"accepted": 296, "failed": 1, "deferred": 3}, counts(campaign)
        assert named(campaign, "failed") == DEAD and named(campaign, "deferred") == GREY, campaign["people"]
        said = {one["address"]: one["reply"] for one in campaign["people"]}
        assert "nobody has this address" in said[min(DEAD)] and "greylisted" in said[min(GREY)], said
    with check("campaign: `campaign resume` finishes it when the greylisted are due"):
        early = letterpress(folder, "campaign", "resume", "1")
        assert early.returncode == 75 and len(Policy.seen) == 3, f"{early.returncode}: {early.stderr}"
        resumed = letterpress(folder, "campaign", "resume", "1", ahead="+20m")
        assert resumed.returncode == 0, f"{resumed.returncode}: {resumed.stdout}{resumed.stderr}"
        campaign = shown(folder)
        assert counts(campaign) == {"accepted": 299, "failed": 1}, counts(campaign)
        assert campaign["state"] == "finished", campaign["state"]
    mails = []
    with check("campaign: everybody's mail is delivered once, and its Message-ID is in Postfix's log once"):
        postfix.wait_for(lambda: len(postfix.delivered()) >= 299, "the mail")
        to, ids = collections.Counter(), collections.Counter()
        for path in postfix.delivered():
            raw = path.read_bytes()
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            to[mail["To"].addresses[0].addr_spec] += 1
            ids[mail["Message-ID"]] += 1
            mails.append(ours(raw).replace("\n", "\r\n").encode("ascii"))
        assert set(to) == set(PEOPLE) - DEAD and set(to.values()) == {1}, to.most_common(3)
        logged = collections.Counter(re.findall(r"cleanup\[\d+\]: \w+: message-id=(<\S+>)", postfix.log()))
        assert logged == ids and set(ids.values()) == {1}, (len(logged), len(ids))
    with check("campaign: dkimpy believes both signatures of every mail"):
        def lookup(wanted, timeout=5):
            return records.get(wanted.decode().rstrip("."), "").encode()

        assert len(mails) == 299
        for mail in mails:
            assert dkim.DKIM(mail).verify(idx=0, dnsfunc=lookup) and dkim.DKIM(mail).verify(idx=1, dnsfunc=lookup)
    with check("campaign: Postfix's log has nothing against us"):
        text = postfix.log()
        assert "sasl_username=news@example.com" in text and "TLSv1.3" in text
        for word in ("improper command pipelining", "bare newline", "panic", "fatal", "lost connection after DATA", "timeout after"):
            assert word not in text, word
    home = WORK / "campaign-mails"
    home.mkdir()
    index = []
    for number, mail in enumerate(mails[::60]):
        (home / f"{number}.eml").write_bytes(mail)
        index.append({"name": f"a delivered mail, {number}", "mail": str(home / f"{number}.eml"), "records": records,
                      "signatures": 2})
    (home / "index.json").write_text(json.dumps(index))


class Sink:
    """smtp-sink, for as long as the `with` lasts; every mail it took is a file."""

    def __init__(self, *args, port=None):
        self.port = port or free_ports(1)[0]
        self.folder = WORK / f"sink-{self.port}"
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o777)
        self.args = args

    def __enter__(self):
        command = ["/usr/sbin/smtp-sink", "-u", "nobody", *self.args, "-d", f"{self.folder}/%s.",
                   f"127.0.0.1:{self.port}", "100"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(lambda: answers(self.port), "smtp-sink")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(timeout=10)

    def taken(self):
        """How often it took the whole of a mail for each recipient."""
        mails = (path.read_bytes() for path in self.folder.iterdir())
        return collections.Counter(re.search(rb"(?m)^X-Rcpt-Args: <(.+?)>", mail)[1].decode()
                                   for mail in mails if b"</html>" in mail or mail.rstrip().endswith(b"--"))


def unanswered():
    people = PEOPLE[:40]
    with Sink("-q", ".") as sink:
        folder = newsletter("unanswered", f'[relay]\nurl = "smtp://127.0.0.1:{sink.port}"\n', people)
        with check("smtp-sink -q .: each dot without an answer is one unknown by name, and the campaign pauses"):
            sent = letterpress(folder, "send", "october.md", "--list", "list.csv", "--yes", "--allow", "untested")
            # Not finished: people wait.
            assert sent.returncode == 75, f"{sent.returncode}: {sent.stdout}{sent.stderr}"
            campaign = shown(folder)
            unknown = named(campaign, "unknown")
            assert set(counts(campaign)) == {"unknown", "pending"}, counts(campaign)
            assert unknown == set(sink.taken()), (unknown, sink.taken())
            assert all(address in sent.stdout for address in unknown), sent.stdout
            assert campaign["state"] == "paused", campaign["state"]
        before = unknown
    with Sink(port=sink.port) as sink:
        with check("smtp-sink: those who are unknown are not mailed again, and all the others are mailed once"):
            resumed = letterpress(folder, "campaign", "resume", "1")
            assert resumed.returncode == 3, f"{resumed.returncode}: {resumed.stdout}{resumed.stderr}"
            campaign = shown(folder)
            assert named(campaign, "unknown") == before and campaign["state"] == "finished", counts(campaign)
            times = sink.taken()
            assert set(times) == set(people) and set(times.values()) == {1}, times.most_common(3)


def killed():
    people = PEOPLE[:80]
    with Sink("-w", "1") as sink:
        folder = newsletter("killed", f'[relay]\nurl = "smtp://127.0.0.1:{sink.port}"\n', people)
        with check("smtp-sink -w 1: kill -9 in the middle of a send, then `campaign resume`: all are accounted for"):
            command = [LETTERPRESS, "send", "october.md", "--list", "list.csv", "--yes", "--allow", "untested"]
            sending = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=os.environ)
            wait_for(lambda: len(sink.taken()) >= 15, "mail")
            sending.send_signal(signal.SIGKILL)
            sending.wait(timeout=10)
            middle = counts(shown(folder))
            assert middle.get("pending", 0) + middle.get("claimed", 0) > 0, f"it was over before: {middle}"
            resumed = letterpress(folder, "campaign", "resume", "1")
            campaign = shown(folder)
            unknown = named(campaign, "unknown")
            assert resumed.returncode == (3 if unknown else 0), f"{resumed.returncode}: {resumed.stderr}"
            assert len(unknown) <= min(10, middle.get("dot", 0)), (unknown, middle)
            assert all(f"unknown: {address}" in resumed.stderr for address in unknown), resumed.stderr
            assert campaign["state"] == "finished", campaign["state"]
            assert counts(campaign).get("accepted") == 80 - len(unknown), counts(campaign)
            times = sink.taken()
            assert set(times.values()) == {1}, times.most_common(3)
            assert set(people) - set(times) <= unknown, set(people) - set(times) - unknown


def campaigns():
    with Policies(("127.0.0.1", 0), Policy) as policies:
        threading.Thread(target=policies.serve_forever, daemon=True).start()
        postfix = None
        try:
            with check("campaign: a private Postfix with a policy starts on the loopback"):
                port = policies.server_address[1]
                postfix = Postfix("campaign-postfix", f", check_policy_service inet:127.0.0.1:{port}")
            if postfix:
                through_postfix(postfix)
        finally:
            if postfix:
                postfix.stop()
            policies.shutdown()
    unanswered()
    killed()


began = time.monotonic()
campaigns()
with check("campaign: all of this takes less than a minute"):
    assert time.monotonic() - began < 60, time.monotonic() - began
