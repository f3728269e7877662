"""A real cron, with the line that `send --at` prints: a campaign goes out by itself."""

import contextlib
import datetime
import pathlib
import re
import subprocess
import time

from checks import LETTERPRESS, WORK, Inbox, check, project, run

PEOPLE = 40
# Cron looks at the full minute.
LONGEST = 75


@contextlib.contextmanager
def cron(table):
    """A cron of our own that knows nothing but `table`, as far as this machine allows it."""
    hidden = (
        "mount -t tmpfs none /run && mount -t tmpfs none /etc/cron.d && mount -t tmpfs none /var/spool/cron && "
        f"mkdir -p /var/spool/cron/crontabs && cp {table} /etc/cron.d/letterpress-peers && "
        "chmod 644 /etc/cron.d/letterpress-peers && mount --bind /dev/null /etc/crontab && exec cron -f"
    )
    shown = pathlib.Path("/etc/cron.d/letterpress-peers")
    if run("unshare", "-m", "mount", "-t", "tmpfs", "none", "/etc/cron.d").returncode == 0:
        command = ["unshare", "-m", "sh", "-ec", hidden]
    else:
        # Without name spaces, the other tables of this machine are looked at too.
        shown.write_text(table.read_text())
        shown.chmod(0o644)
        command = ["cron", "-f"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        shown.unlink(missing_ok=True)
        process.terminate()
        process.communicate(timeout=20)


def main():
    folder = project("cron")
    settings = (folder / "newsletter.toml").read_text()
    (folder / "newsletter.toml").write_text(re.sub(r'(?m)^id = .*', 'id = "cron"', settings, count=1))
    (folder / "october.md").write_text("# The October letter\n\nIt rains.\n")
    rows = [f"reader{number}@example.com" for number in range(PEOPLE)]
    (folder / "list.csv").write_text("\n".join(["email", *rows, ""]))
    out, err, table = (WORK / name for name in ("cron.out", "cron.err", "cron.tab"))
    with Inbox(folder) as inbox:
        relay = f"smtp://{inbox.host}:{inbox.port}"
        environment = {"LETTERPRESS_RELAY": relay}
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = ""
        with check("cron: a campaign waits for the time it was given"):
            made = run(LETTERPRESS, "state", "new", cwd=folder, env=environment)
            assert made.returncode == 0, made.stderr
            sent = run(
                LETTERPRESS, "send", "october.md", "--list", "list.csv", "--at", now, "--yes", "--allow",
                "untested", cwd=folder, env=environment,
            )
            assert sent.returncode == 0, sent.stderr
            line = re.search(r"(?m)^ +(\* \* \* \* \* .* tick)$", sent.stderr)[1]
        with check("cron: the line that is printed sends it, and says so in two lines"):
            words = line.split(" ", 5)
            words.insert(5, "root")
            table.write_text(
                f"LETTERPRESS_RELAY={relay}\nXDG_STATE_HOME={WORK / 'state'}\n{' '.join(words)} >>{out} 2>>{err}\n"
            )
            end = time.monotonic() + LONGEST
            with cron(table) as process:
                while "is finished" not in (out.read_text() if out.exists() else ""):
                    assert process.poll() is None, f"cron ended: {process.stderr.read()}"
                    assert time.monotonic() < end, f"cron started nothing: {err.read_text() if err.exists() else ''}"
                    time.sleep(0.2)
            said = out.read_text().splitlines()
            assert err.read_text() == "", err.read_text()
            assert len(said) == 2 and " starts: it was due " in said[0], said
            assert said[1].endswith(f"is finished: {PEOPLE} accepted of {PEOPLE}"), said
        with check("cron: everybody has it once"):
            shown = run(LETTERPRESS, "campaign", "show", "october", cwd=folder, env=environment)
            assert f"{PEOPLE} accepted of {PEOPLE}" in shown.stdout, shown.stdout


main()
