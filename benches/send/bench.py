"""Sends the same mail with Letterpress and with its peers to one sink, side by side.

Started by `benches/send/run`, which installs and builds what this needs and says in
its environment where that is. Every figure is the median of several rounds, in which
the clients alternate: a machine's speed drifts, and ratios are taken within a round.
The time of a run is the sink's, from its first dot to its last.
"""

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = os.environ["LETTERPRESS"]
TOOL = os.environ["SEND_BENCH"]
WORK = Path(os.environ["SEND_WORK"])
ROOT = Path(os.environ["SEND_ROOT"])
NODE = os.environ["SEND_NODE"]
HERE = Path(__file__).resolve().parent
CORES = os.cpu_count() or 1
# Bytes of the whole message as it travels, about.
SIZE = 40_000
CLIENTS = ["letterpress", "smtp-source", "nodemailer", "lettre"]

# (TLS, every reply 20 ms late, connections, signed)
QUICK = [
    (False, False, 10, False),
    (False, False, 10, True),
    (False, True, 50, True),
    (True, False, 10, True),
]
FULL = [
    (tls, late, connections, signed)
    for tls in (False, True)
    for late in (False, True)
    for signed in (False, True)
    for connections in (1, 10, 50)
]


def die(text):
    sys.exit(f"benches/send: {text}")


def said(command, **more):
    """What a command prints; its failure is ours."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        die(f"`{' '.join(map(str, command))}` ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Sink:
    def __init__(self):
        made = subprocess.Popen(
            [TOOL, "sink", WORK / "tls/server.crt", WORK / "tls/server.key"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        self.process = made
        ports = made.stdout.readline().split()
        if len(ports) != 4:
            die("the sink did not start")
        self.ports = dict(zip([(False, False), (False, True), (True, False), (True, True)], ports))

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        return self.process.stdout.readline().split()

    def reset(self):
        self.ask("reset")

    def report(self):
        messages, span, size, connections = self.ask("report")
        return int(messages), float(span), int(size), int(connections)

    def cpu(self):
        return cpu_of(self.process.pid)


def cpu_of(pid):
    """Seconds of processor time a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Ended:
    """How a client ended: its processor time, its largest memory, whether it was stopped."""

    def __init__(self, command, limit, log, cwd=None, may_stop=False):
        began = time.monotonic()
        self.stopped = False
        self.peak_kb = 0
        with open(log, "wb") as out:
            child = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            while True:
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                try:
                    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{child.pid}/status").read_text())
                    self.peak_kb = int(found[1]) if found else self.peak_kb
                except OSError:
                    pass
                if time.monotonic() - began > limit and not self.stopped:
                    if not may_stop:
                        child.kill()
                        os.wait4(child.pid, 0)
                        die(f"`{' '.join(map(str, command))}` was not done after {limit:.0f} s")
                    self.stopped = True
                    child.send_signal(signal.SIGTERM)
                if time.monotonic() - began > limit + 60:
                    child.kill()
                    os.wait4(child.pid, 0)
                    die(f"`{' '.join(map(str, command))}` did not heed SIGTERM")
                time.sleep(0.01)
            child.returncode = os.waitstatus_to_exitcode(status)
        self.code = child.returncode
        self.wall = time.monotonic() - began
        self.cpu = usage.ru_utime + usage.ru_stime
        if self.code != 0 and not self.stopped:
            die(f"`{' '.join(map(str, command))}` ended with {self.code}\n{Path(log).read_text()[-2000:]}")


def people(path, count):
    """A list on which many providers have readers."""
    with open(path, "w") as out:
        out.write("email,first_name,plan,city\n")
        for number in range(count):
            out.write(f"reader{number}@d{number % 50}.test,Reader {number},{'pro' if number % 4 else 'free'},Hebden\n")


class Project:
    """A newsletter of its own, with a state of its own on the disk."""

    made = 0

    def __init__(self, name=None):
        Project.made += 1
        self.path = WORK / (name or f"project{Project.made}")
        self.path.mkdir()
        if (WORK / "letter.md").exists():
            shutil.copy(WORK / "letter.md", self.path / "letter.md")

    def configure(self, port, tls, connections, signed):
        lines = ['id = "letters"', 'name = "Letters"', 'from = "Letters <news@example.com>"', 'state_dir = "state"',
                 'unsubscribe_address = "leave@example.com"', 'postal_address = "1 Type Street, 1000 Exampletown"']
        lines += ["[relay]"]
        if tls:
            lines += [f'url = "smtps://localhost:{port}"', f'ca_file = "{WORK}/tls/ca.crt"']
        else:
            lines += [f'url = "smtp://127.0.0.1:{port}"']
        lines += ["[sending]", f"connections = {connections}"]
        if signed:
            lines += ["[dkim]", 'selector = "letterpress"', f'key = {{ file = "{WORK}/dkim.pem" }}']
        (self.path / "newsletter.toml").write_text("\n".join(lines) + "\n")

    def plan(self, count, limit=120):
        people(self.path / "list.csv", count)
        said([PROGRAM, "state", "new"], cwd=self.path)
        return Ended([PROGRAM, "plan", "letter.md", "--list", "list.csv"], limit, self.path / "plan.log", self.path)

    def send(self, limit):
        command = [PROGRAM, "send", "--plan", "1", "--yes"]
        if "--allow" in said([PROGRAM, "send", "--help"]):
            command += ["--allow", "repeat,size,untested"]
        return Ended(command, limit, self.path / "send.log", self.path, may_stop=True)

    def remove(self):
        shutil.rmtree(self.path)


class Figure:
    def __init__(self, rate, cpu_us, sink_us, messages):
        self.rate, self.cpu_us, self.sink_us, self.messages = rate, cpu_us, sink_us, messages


def measure(sink, client, cell, count, seconds):
    """One run of one client. `count` messages at most, about `seconds` long."""
    tls, late, connections, signed = cell
    port = sink.ports[tls, late]
    limit = 4 * seconds + 10
    before = sink.cpu()
    if client == "letterpress":
        project = Project()
        project.configure(port, tls, connections, signed)
        project.plan(count)
        sink.reset()
        before = sink.cpu()
        ended = project.send(limit)
        if not ended.stopped and sink.report()[0] != count:
            die(f"the sink has {sink.report()[0]} messages of {count}\n{(project.path / 'send.log').read_text()}")
        project.remove()
    elif client == "smtp-source":
        sink.reset()
        ended = Ended(
            ["smtp-source", "-d", "-s", str(connections), "-m", str(count), "-l", str(MESSAGE["size"]),
             "-f", "news@example.com", "-t", "reader@d1.test", f"127.0.0.1:{port}"],
            limit, WORK / "client.log", may_stop=True,
        )
    else:
        settings = [f"port={port}", f"connections={connections}", f"messages={count}", f"seconds={seconds}",
                    f"html={WORK}/letter.html", f"text={WORK}/letter.txt"]
        settings += [f"ca={WORK}/tls/ca.crt"] if tls else []
        settings += [f"key={WORK}/dkim.rsa.pem"] if signed else []
        first = [TOOL, "lettre"] if client == "lettre" else ["node", HERE / "nodemailer.mjs", NODE]
        sink.reset()
        ended = Ended(first + settings, limit + 30, WORK / "client.log")
    messages, span, _, _ = sink.report()
    if messages < 2 or span <= 0:
        die(f"{client} sent {messages} messages")
    return Figure((messages - 1) / span, 1e6 * ended.cpu / messages, 1e6 * (sink.cpu() - before) / messages, messages)


def signs_a_second(*how):
    """Signatures a second: of one core's time, or as asked for."""
    text = said(["openssl", "speed", *how, "-seconds", "1", "rsa2048"])
    lines = text.strip().splitlines()
    names = next(line for line in lines if "sign/s" in line).split()
    row = next(line for line in lines if re.match(r"rsa\s+2048 bits", line)).split("bits")[1].split()
    return float(row[names.index("sign/s")])


def commits_a_second():
    return float(said([TOOL, "disk", WORK, "0.5"]))


def letter():
    """The example article, with as many more of its own paragraphs as make the message
    about as large as is wanted; and what the peers send: its parts as they come out."""
    article = (ROOT / "articles/every-block.md").read_text()
    at = article.rindex("\n[^polish]")
    body, notes = article[:at], article[at:]
    again = [b for b in article.split("\n\n")[1:] if not any(mark in b for mark in ("{%", "{{", "[^", "+++"))]
    project = Project("letter")
    project.configure(25, False, 10, False)

    def built(more):
        blocks = [again[index % len(again)] for index in range(more)]
        (project.path / "letter.md").write_text("\n\n".join([body, *blocks]) + "\n" + notes)
        said([PROGRAM, "build", "letter.md", "--list", "list.csv", "--out", "out"], cwd=project.path)
        return (project.path / "out/email.eml").stat().st_size

    people(project.path / "list.csv", 1)
    more = 0
    size = built(more)
    while size < SIZE and more < 200:
        more += 1
        size = built(more)
    shutil.copy(project.path / "letter.md", WORK / "letter.md")
    for part, name in (("email.html", "letter.html"), ("email.txt", "letter.txt")):
        text = (project.path / "out" / part).read_text()
        # Where our own copies have the reader's name, theirs have it too.
        (WORK / name).write_text(text.replace("Reader 0", "{name}"))
    if "{name}" not in (WORK / "letter.html").read_text():
        die("the letter does not name its reader")
    project.remove()
    return {"size": size}


def keys():
    """A key to sign with, and an authority with a certificate for this machine."""
    tls = WORK / "tls"
    tls.mkdir()
    openssl = ["openssl"]
    said(openssl + ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench",
                    "-keyout", tls / "ca.key", "-out", tls / "ca.crt"])
    said(openssl + ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                    "-keyout", tls / "server.key", "-out", tls / "server.csr"])
    (tls / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    said(openssl + ["x509", "-req", "-in", tls / "server.csr", "-CA", tls / "ca.crt", "-CAkey", tls / "ca.key",
                    "-CAcreateserial", "-days", "2", "-extfile", tls / "names", "-out", tls / "server.crt"])
    said(openssl + ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", WORK / "dkim.pem"])
    said(openssl + ["rsa", "-in", WORK / "dkim.pem", "-traditional", "-out", WORK / "dkim.rsa.pem"])
    for key in ("dkim.pem", "dkim.rsa.pem"):
        (WORK / key).chmod(0o600)


def first_count(client, cell, seconds):
    """How many messages fit into the time, before anything is known of the client."""
    _, late, connections, signed = cell
    if late:
        # Between one and five round trips each.
        return max(20, int(connections * seconds / 0.02 / (1 if client == "letterpress" else 5)))
    return int((2_000 if signed else 6_000) * seconds)


def table(cells, rounds, seconds):
    sink = Sink()
    figures = {}
    ceilings = []
    for number in range(rounds + 1):
        # The first round only finds out how many messages make a run of that length.
        warming = number == 0
        ceiling = (signs_a_second("-elapsed", "-multi", str(CORES)), commits_a_second(), signs_a_second())
        if not warming:
            ceilings.append(ceiling)
        for cell in cells:
            # Each begins in turn.
            clients = CLIENTS[number % len(CLIENTS):] + CLIENTS[:number % len(CLIENTS)]
            for client in clients:
                if client == "smtp-source" and (cell[0] or cell[3]):
                    continue  # it has neither TLS nor a key
                runs = figures.setdefault((cell, client), [])
                length = seconds / 2 if warming else seconds
                count = first_count(client, cell, length) if not runs else max(20, int(runs[-1].rate * length))
                figure = measure(sink, client, cell, count, length)
                print(f"  round {number} {words(cell)}: {client} {figure.rate:,.0f}/s, "
                      f"{figure.cpu_us:.0f} µs of processor time, the sink {figure.sink_us:.0f} µs; "
                      f"{figure.messages} messages", file=sys.stderr)
                if warming:
                    figures[cell, client] = [figure]
                elif len(runs) == 1 and number == 1:
                    figures[cell, client] = [figure]
                else:
                    runs.append(figure)
    return figures, ceilings


def words(cell):
    tls, late, connections, signed = cell
    parts = ["signed" if signed else "unsigned", "TLS" if tls else "in clear"]
    parts += ["20 ms late"] if late else []
    return f"{', '.join(parts)}, {connections} connection{'s' if connections > 1 else ''}"


def median(values):
    return statistics.median(values) if values else float("nan")


def told(figures, ceilings, rounds):
    signs, commits, alone = (median([one[at] for one in ceilings]) for at in range(3))
    cells = list(dict.fromkeys(cell for cell, _ in figures))
    lines = [
        f"One message is {MESSAGE['size']:,} bytes; messages a second, medians of {rounds} rounds (least to most); "
        f"in brackets µs of the client's processor time a message.",
        "",
        "| | Letterpress | smtp-source | nodemailer, pool | lettre, pool |",
        "|---|---:|---:|---:|---:|",
    ]
    for cell in cells:
        row = [words(cell)]
        for client in CLIENTS:
            runs = figures.get((cell, client))
            if not runs:
                row.append("–")
                continue
            rates = [one.rate for one in runs]
            row.append(f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) [{median([one.cpu_us for one in runs]):.0f}]")
        lines.append("| " + " | ".join(row) + " |")
    lines += ["", f"In the same run `openssl speed -elapsed -multi {CORES} rsa2048` signed {signs:,.0f} a second "
                  f"({1e6 / alone:,.0f} µs of one core each), and the disk took {commits:,.0f} commits a second.", ""]

    def ratios(cell, other):
        """Of Letterpress to another, round by round."""
        ours = [one.rate for one in figures.get((cell, "letterpress"), [])]
        theirs = [one[0] for one in ceilings] if other == "openssl" else [one.rate for one in figures.get((cell, other), [])]
        return median([our / their for our, their in zip(ours, theirs)])

    goals = []
    signed, unsigned, late = (False, False, 10, True), (False, False, 10, False), (False, True, 50, True)
    if (signed, "letterpress") in figures:
        goals.append((f"signed, 10 connections, of what openssl signs on the same cores", ratios(signed, "openssl"), 0.7, ">="))
        goals.append((f"signed, 10 connections, times nodemailer's pool", ratios(signed, "nodemailer"), 15, ">="))
        cpu = [run.cpu_us - 1e6 / one[2] for run, one in zip(figures[signed, "letterpress"], ceilings)]
        goals.append(("µs of processor time a message beyond openssl's for the signature", median(cpu), 100, "<="))
    if (unsigned, "letterpress") in figures:
        goals.append(("unsigned, 10 connections, times smtp-source", ratios(unsigned, "smtp-source"), 1.0, ">="))
    if (late, "letterpress") in figures:
        rate = median([one.rate for one in figures[late, "letterpress"]])
        goals.append(("signed, 20 ms late, 50 connections, messages a second", rate, 2_000, ">="))
    return lines + verdicts(goals)


def verdicts(goals):
    lines = ["| goal | reached | |", "|---|---:|---|"]
    for what, reached, goal, kind in goals:
        met = reached >= goal if kind == ">=" else reached <= goal
        sign = "≥" if kind == ">=" else "≤"
        lines.append(f"| {what}: {sign} {goal:,g} | {reached:,.2f} | {'met' if met else 'MISSED'} |")
    return lines


def million(count):
    """Plan and memory, for as many people as are asked for."""
    sink = Sink()
    project = Project("million")
    project.configure(sink.ports[False, False], False, 50, True)
    planned = project.plan(count, 300)
    sink.reset()
    sent = project.send(15)
    messages, span, _, _ = sink.report()
    project.remove()
    lines = [f"{count:,} people: planned in {planned.wall:.1f} s with at most {planned.peak_kb / 1024:.0f} MB; the first "
             f"{messages:,} of them sent signed over 50 connections, {(messages - 1) / span:,.0f} a second.", ""]
    return lines + verdicts([
        (f"plan of {count:,} in seconds", planned.wall, 20, "<="),
        (f"memory while it sends to {count:,} over 50 connections, in MB", sent.peak_kb / 1024, 64, "<="),
    ])


def cross_check(seconds):
    """The same two clients on Postfix's own sink, timed by themselves."""
    sink = subprocess.Popen(["smtp-sink", "127.0.0.1:2526", "500"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        count = int(2_000 * seconds)
        theirs = Ended(["smtp-source", "-d", "-s", "10", "-m", str(count), "-l", str(MESSAGE["size"]),
                        "-f", "news@example.com", "-t", "reader@d1.test", "127.0.0.1:2526"], 120, WORK / "client.log")
        project = Project()
        project.configure(2526, False, 10, False)
        project.plan(count)
        ours = project.send(120)
        project.remove()
        return [f"On Postfix's `smtp-sink`, unsigned, 10 connections, {count:,} messages, by the clients' own clocks: "
                f"Letterpress {count / ours.wall:,.0f} a second, smtp-source {count / theirs.wall:,.0f}."]
    finally:
        sink.terminate()
        sink.wait()


def main():
    full = "--full" in sys.argv[1:]
    unknown = [one for one in sys.argv[1:] if one not in ("--full", "--quick")]
    if unknown:
        die(f"`{unknown[0]}` is not known; there are --quick (as without) and --full")
    keys()
    global MESSAGE
    MESSAGE = letter()
    rounds, seconds = (3, 2.0) if full else (3, 1.5)
    model = re.search(r"^model name[^:]*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    versions = [
        said([PROGRAM, "--version"]).strip(),
        f"Postfix {said(['dpkg-query', '-W', '-f', '${Version}', 'postfix']).strip()}" if shutil.which("dpkg-query") else "Postfix",
        f"nodemailer {NODEMAILER} on {said(['node', '--version']).strip()}",
        f"lettre {LETTRE}",
        said(["openssl", "version"]).split(" (")[0].strip(),
    ]
    print(f"{model[1] if model else 'an unknown processor'}, {CORES} cores, shared by sender and sink; {', '.join(versions)}\n")
    figures, ceilings = table(FULL if full else QUICK, rounds, seconds)
    print("\n".join(told(figures, ceilings, rounds)), flush=True)
    print()
    print("\n".join(million(1_000_000 if full else 100_000)), flush=True)
    if full:
        print()
        print("\n".join(cross_check(seconds)))


MESSAGE = {}
NODEMAILER = re.search(r'"version": "([^"]+)"', (Path(NODE) / "node_modules/nodemailer/package.json").read_text())[1]
LETTRE = re.search(r'name = "lettre"\nversion = "([^"]+)"', (HERE / "Cargo.lock").read_text())[1]

if __name__ == "__main__":
    main()
