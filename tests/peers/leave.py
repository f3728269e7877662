"""Leaving without a server: a mail to the unsubscribe address goes through a real Postfix
and its pipe into `letterpress unsubscribe import`, and the next plan leaves its reader out.
"""

import email
import email.policy
import os
import pwd
import re
import shutil
import subprocess
import urllib.parse

from checks import LETTERPRESS, WORK, check, project, run
from postfix import Postfix

PEOPLE = ["ann@example.com", "bo@example.org", "cy@example.com"]
NOBODY = pwd.getpwnam("nobody")

# The lines of the README; a pipe runs as somebody who is neither root nor Postfix.
MAIN = """
transport_maps = inline:{{leave@example.com=letterpress:}}
letterpress_destination_recipient_limit = 1
"""
MASTER = """
letterpress unix - n n - 1 pipe
  flags=R user=nobody argv={program} --config {folder}/newsletter.toml unsubscribe import
"""


def newsletter(relay):
    """A project that belongs to whoever runs the pipe, with a state in it."""
    folder = project("leave", f'[relay]\nurl = "{relay}"\n')
    settings = folder / "newsletter.toml"
    settings.write_text('state_dir = "state"\n' + settings.read_text())
    (folder / "october.md").write_text("# October\n\nIt rains.\n")
    (folder / "list.csv").write_text("\n".join(["email", *PEOPLE, ""]))
    for path in (folder, *folder.iterdir()):
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    return folder


def letterpress(program, folder, *args, code=0):
    ended = subprocess.run([program, *args], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           timeout=60, check=False, user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[])
    assert ended.returncode == code, f"{args}: {ended.returncode}: {ended.stdout}{ended.stderr}"
    return ended.stdout + ended.stderr


def parsed(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def gone(program, folder):
    told = letterpress(program, folder, "plan", "october.md", "--list", "list.csv")
    return [one for one in PEOPLE if f"{one}: unsubscribed" in told]


def write(postfix, subject):
    """Somebody writes to the unsubscribe address: not the one whose token it may be."""
    sent = run("swaks", "--server", "127.0.0.1", "--port", postfix.plain, "--helo", "client.example.org", "--from",
               "bo@example.org", "--to", "leave@example.com", "--h-Subject", subject, "--body", "Thank you.")
    assert sent.returncode == 0, sent.stdout[-800:]


def bounced(postfix, before):
    """The one new mail, which is a bounce; its words on one line."""
    new = postfix.wait_for(lambda: set(postfix.delivered()) - before, "the bounce")
    mail = parsed(new.pop())
    assert mail["To"].addresses[0].addr_spec == "bo@example.org", mail["To"]
    return re.sub(r"\s+", " ", mail.get_body(("plain",)).get_content())


def checks(postfix, program, folder):
    tokens = {}
    with check("leave: every mail of a campaign says in its header how to leave by mail"):
        letterpress(program, folder, "state", "new")
        letterpress(program, folder, "send", "october.md", "--list", "list.csv", "--yes", "--allow", "untested")
        postfix.wait_for(lambda: len(postfix.delivered()) == len(PEOPLE), "the mail")
        for path in postfix.delivered():
            mail = parsed(path)
            way = urllib.parse.urlsplit(re.search(r"<(mailto:[^>]+)>", mail["List-Unsubscribe"])[1])
            assert way.path == "leave@example.com", way
            tokens[mail["To"].addresses[0].addr_spec] = urllib.parse.parse_qs(way.query)["subject"][0]
        assert set(tokens) == set(PEOPLE), tokens.keys()
    with check("leave: a mail with that subject goes through Postfix's pipe, and the next plan leaves its reader out"):
        assert gone(program, folder) == []
        write(postfix, tokens["ann@example.com"])
        postfix.wait_for(lambda: "relay=letterpress" in postfix.log() and "status=sent (delivered via letterpress" in
                         postfix.log(), "the delivery")
        assert gone(program, folder) == ["ann@example.com"]
        listed = letterpress(program, folder, "unsubscribe", "list")
        assert "ann@example.com  left by mail" in listed, listed
    words = "this mail does not say who wants to leave `Slow Sunday`"
    with check("leave: a mail without a token is bounced with words that say what to do"):
        before = set(postfix.delivered())
        write(postfix, "take me off your list")
        told = bounced(postfix, before)
        assert words in told and "use the link for unsubscribing in the newest mail" in told, told
    with check("leave: a forged token is bounced and changes nothing"):
        before = set(postfix.delivered())
        good = tokens["cy@example.com"]
        write(postfix, good[:30] + ("A" if good[30] != "A" else "B") + good[31:])
        assert words in bounced(postfix, before)
        assert gone(program, folder) == ["ann@example.com"]
    with check("leave: no token is in Postfix's words about us"):
        about = [line for line in postfix.log().splitlines() if "letterpress" in line]
        assert about and not any(one.split()[-1] in line for one in tokens.values() for line in about)


postfix = None
try:
    with check("leave: a private Postfix with a pipe starts on the loopback"):
        program = WORK / "leave-letterpress"
        shutil.copy(LETTERPRESS, program)
        program.chmod(0o755)
        folder = WORK / "leave"
        postfix = Postfix("leave-postfix", main=MAIN.format(), master=MASTER.format(program=program, folder=folder))
        newsletter(f"smtp://127.0.0.1:{postfix.plain}")
    if postfix:
        checks(postfix, program, folder)
finally:
    if postfix:
        postfix.stop()
