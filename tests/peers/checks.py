"""What the Python checks have in common: a line for each check, and programs that are
ended by whoever started them."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tomllib
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEWSLETTER = tomllib.loads((ROOT / "newsletter.toml").read_text(encoding="utf-8"))
WORK = pathlib.Path(os.environ["PEERS_WORK"])
LETTERPRESS = os.environ["LETTERPRESS"]

# The example articles, each with the folder `run` has built it into and its list.
ARTICLES = {
    "plain text": (ROOT / "articles/microneedling-for-acne-scars.txt", WORK / "built/plain", None),
    "markdown": (ROOT / "articles/every-block.md", WORK / "built/markdown", WORK / "readers.csv"),
}


@contextlib.contextmanager
def check(name):
    """Prints one line for what happens inside: `ok`, or `FAILED` with the reason."""
    try:
        yield
    except AssertionError as error:
        print(f"FAILED {name}: {str(error) or where(error)}", flush=True)
    except Exception as error:  # whatever goes wrong is a failed check, not the end
        print(f"FAILED {name}: {error!r} at {where(error)}", flush=True)
    else:
        print(f"ok {name}", flush=True)


def where(error):
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{pathlib.Path(frame.filename).name}:{frame.lineno}: {frame.line}"


def same(found, expected, what):
    """Asserts that two texts are one, and shows where they part when they are not."""
    if found == expected:
        return
    at = next((i for i, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
    part = slice(max(0, at - 30), at + 40)
    raise AssertionError(f"{what} parts at {at}: found {found[part]!r}, expected {expected[part]!r}")


def unix(text):
    return text.replace("\r\n", "\n")


def run(*args, cwd=None, env=None, timeout=60):
    """Runs a program to its end and gives what it said."""
    environment = os.environ | (env or {})
    return subprocess.run(
        [str(arg) for arg in args], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=timeout, check=False,
    )


def project(name, more=""):
    """A folder with a configuration of its own, and nothing of this machine's."""
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    settings = (ROOT / "newsletter.toml").read_text()
    head = settings[: settings.index("\n# The server that passes the mail on")]
    (folder / "newsletter.toml").write_text(head + "\n" + more)
    return folder


class Inbox:
    """`letterpress inbox`, for as long as the `with` lasts."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.process = subprocess.Popen(
            [LETTERPRESS, "inbox", "--port", "0"], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for line in self.process.stderr:
            found = re.search(r"(http://\S+?/) and catches mail at smtp://(\S+):(\d+)", line)
            if found:
                self.page, self.host, self.port = found[1], found[2], int(found[3])
                return self
        raise AssertionError("the inbox ended before it said where it is")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process.stderr.close()


def note(text):
    print(f"   {text}", file=sys.stdout, flush=True)
