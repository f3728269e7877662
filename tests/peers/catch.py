"""The built-in inbox takes mail from other programs, and keeps what it has answered for."""

import json
import pathlib
import smtplib
import urllib.request

from checks import ARTICLES, NEWSLETTER, Inbox, check, project, run, same, unix

folder = project("catch", '[inbox]\ndir = "inbox"\nsmtp = "127.0.0.1:0"\nhttp = "127.0.0.1:0"\n')


def ask(inbox, path):
    with urllib.request.urlopen(inbox.page + path, timeout=10) as answer:
        return answer.read()


def caught(inbox, subject):
    found = [one for one in json.loads(ask(inbox, "inbox/api/messages"))["messages"] if one["subject"] == subject]
    assert len(found) == 1, f"{len(found)} mails are called {subject!r}"
    return found[0]


def maildir():
    return [path for part in ("new", "cur") for path in pathlib.Path(folder, "inbox", part).glob("*")]


with Inbox(folder) as inbox:
    with check("swaks: its mail is in the page's data and in the maildir"):
        sent = run("swaks", "--server", inbox.host, "--port", inbox.port, "--from", "swaks@example.org",
                   "--to", "reader@example.com", "--helo", "client.example.org",
                   "--header", "Subject: from swaks", "--body", "first line\n.\n..two dots\nlast line")
        assert sent.returncode == 0, sent.stdout + sent.stderr
        mail = caught(inbox, "from swaks")
        full = json.loads(ask(inbox, f"inbox/api/messages/{mail['id']}"))
        assert full["return_path"] == "swaks@example.org", full["return_path"]
        assert "first line\n.\n..two dots\nlast line" in unix(full["text"]), full["text"]
        assert any(b"Subject: from swaks" in path.read_bytes() for path in maildir())

    with check("swaks: PIPELINING is offered and used"):
        sent = run("swaks", "--server", inbox.host, "--port", inbox.port, "--from", "swaks@example.org",
                   "--to", "reader@example.com", "--pipeline", "--header", "Subject: in one go")
        assert sent.returncode == 0, sent.stdout + sent.stderr
        caught(inbox, "in one go")

    for name, (_, built, _) in ARTICLES.items():
        with check(f"smtplib: {name}: what is caught is byte for byte what was sent"):
            raw = (built / "email.eml").read_bytes()
            before = set(maildir())
            with smtplib.SMTP(inbox.host, inbox.port, timeout=10) as client:
                assert client.sendmail("news@example.com", ["reader@example.com"], raw) == {}
            new = set(maildir()) - before
            assert len(new) == 1, new
            kept = new.pop().read_bytes().replace(b"\r\n", b"\n").decode("ascii")
            same(kept[kept.index("From: "):], unix(raw.decode("ascii")), "the file")
            subject = json.loads((built / "build.json").read_text())["subject"]
            mail = caught(inbox, subject)
            html = ask(inbox, f"inbox/mail/{mail['id']}").decode("utf-8")
            assert NEWSLETTER["name"] in html and "<h1" in html

for turn in range(3):
    with check(f"smtplib: what was answered with 250 outlives SIGKILL, turn {turn + 1}"):
        subject = f"kept {turn}"
        with Inbox(folder) as inbox:
            client = smtplib.SMTP(inbox.host, inbox.port, timeout=10)
            client.sendmail("news@example.com", ["reader@example.com"], f"Subject: {subject}\r\n\r\nhello\r\n")
            inbox.kill()
            client.close()
        with Inbox(folder) as inbox:
            caught(inbox, subject)
            caught(inbox, "from swaks")
