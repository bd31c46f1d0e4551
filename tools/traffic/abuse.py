"""Clients that mean harm, or are broken: what each did, what came back, and the server's memory before and after.

`abuse.py` prints the table; `abuse.py --write FILE` puts it between the marks of FILE.
"""

import gzip
import json
import os
import shutil
import sys
import threading
import time

from client import Client, Server, ask, folder_of_files, get

GROWTH_KIB_MAX = 16 * 1024
MIB = 1024 * 1024
LIMITS = ["--header-timeout", "1", "--idle-timeout", "1", "--cache-mib", "8", "--connections", "2000"]


def until_closed(client):
    """Waits for the end; the status that came before it."""
    rest = client.rest()
    return rest.split(b" ")[1].decode() if rest else "closed"


def silent(server, _):
    with Client(server.addr) as client:
        return until_closed(client)


def slow_head(server, _):
    with Client(server.addr) as client:
        try:
            for byte in get("/small.txt", "X: " + "y" * 1000 + "\r\n"):
                client.send(bytes([byte]))
                time.sleep(0.02)
        except ConnectionError:
            pass
        return until_closed(client)


def idle(server, _):
    with Client(server.addr) as client:
        client.send(get("/small.txt"))
        return f"{client.answer().status}, then {until_closed(client)}"


def no_reading(server, _):
    clients = [Client(server.addr) for _ in range(30)]
    for client in clients:
        client.send(get("/64k.bin") * 50)
    others = sum(ask(server.addr, get("/small.txt")).status == 200 for _ in range(20))
    for client in clients:
        client.reset()
    return f"{others} of 20 others answered"


def endless(start, piece):
    def attack(server, _):
        with Client(server.addr) as client:
            client.send(start)
            try:
                for _ in range(16):
                    client.send(piece * (MIB // len(piece)))
            except ConnectionError:
                pass
            return until_closed(client)

    return attack


CHUNKED = b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
FIELDS = b"GET / HTTP/1.1\r\nHost: test\r\n"


def pipelined(server, _):
    with Client(server.addr) as client:
        client.socket.settimeout(1)
        sent = 0
        try:
            while sent < 50_000:
                client.send(get("/kilobyte.txt", "X: " + "y" * 1000 + "\r\n") * 100)
                sent += 100
        except (TimeoutError, ConnectionError):
            pass
        return "reading stops" if sent < 50_000 else "all taken"


def burst(server, _):
    clients = []
    for _ in range(1000):
        clients.append(Client(server.addr))
        clients[-1].send(get("/small.txt"))
    answered = sum(client.answer().status == 200 for client in clients)
    for client in clients:
        client.close()
    return f"{answered} of 1000 answered"


def resets(server, _):
    for _ in range(2000):
        Client(server.addr).reset()
    return "nothing"


def half_close(server, _):
    with Client(server.addr) as client:
        client.send(get("/small.txt"))
        client.socket.shutdown(1)
        return str(client.answer().status)


def gone(server, _):
    for _ in range(200):
        client = Client(server.addr)
        client.send(get("/large.bin"))
        client.receive()
        client.reset()
    return "nothing"


def range_bomb(server, _):
    seen = set()
    for _ in range(50):
        answer = ask(server.addr, get("/64k.bin", "Range: bytes=" + "0-," * 1000 + "\r\n"))
        seen.add((answer.status, len(answer.body)))
    answer = ask(server.addr, get("/64k.bin", "Range: bytes=" + ",".join(f"{at}-" for at in range(16)) + "\r\n"))
    seen.add((answer.status, len(answer.body)))
    if max(length for _, length in seen) > 65536 + 1024:
        raise AssertionError(f"an answer is larger than the file: {seen}")
    return "the file once"


def smuggling(server, _):
    inner = get("/small.txt")
    statuses = []
    for fields in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Content-Length: 0\r\nContent-Length: 6\r\n",
        "Content-Length: 0, 6\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length\t: 6\r\n",
        "X: y\r\n Content-Length: 6\r\n",
        "Content-Length: \x0b6\r\n",
    ]:
        with Client(server.addr) as client:
            client.send(b"POST / HTTP/1.1\r\nHost: test\r\n" + fields.encode("latin-1") + b"\r\n0\r\n\r\n" + inner)
            client.socket.shutdown(1)
            rest = client.rest()
        if rest.count(b"HTTP/1.1 ") != 1:
            raise AssertionError(f"{fields!r} was followed by another answer")
        statuses.append(rest.split(b" ")[1].decode())
    return ", ".join(sorted(set(statuses))) + ", each once"


def traversal(server, _):
    statuses = set()
    for path in [
        "/../etc/hostname",
        "/%2e%2e/etc/hostname",
        "/..%2fetc/hostname",
        "/sub/..%2f..%2fetc/hostname",
        "/%252e%252e/etc/hostname",
        "/..\\etc\\hostname",
        "/%5c..%5cetc",
        "/small.txt%00.html",
        "/....//etc/hostname",
        "//etc/hostname",
        "/outside.txt",
        "/%c0%ae%c0%ae/etc/hostname",
    ]:
        answer = ask(server.addr, get(path))
        with open("/etc/hostname", "rb") as file:
            if answer.status == 200 or file.read().strip() in answer.body:
                raise AssertionError(f"{path} was served")
        statuses.add(str(answer.status))
    return ", ".join(sorted(statuses))


def truncated(server, folder):
    path = os.path.join(folder, "shrinks.bin")
    with open(path, "wb") as file:
        file.write(bytes(40 * MIB))
    with Client(server.addr) as client:
        client.send(get("/shrinks.bin"))
        while b"\r\n\r\n" not in client.received:
            client.receive()
        os.truncate(path, MIB)
        received = len(client.rest())
    if received >= 40 * MIB:
        raise AssertionError("bytes that are not there were sent")
    return "cut off"


def stampede(server, folder):
    with open(os.path.join(folder, "cold.bin"), "wb") as file:
        file.write(os.urandom(900_000))
    before = misses(server)
    sizes = []
    threads = [
        threading.Thread(target=lambda: sizes.append(len(ask(server.addr, get("/cold.bin")).body)))
        for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loads = misses(server) - before
    if sizes != [900_000] * 100 or loads != 1:
        raise AssertionError(f"{len(sizes)} answers, {loads} loads")
    return "100 answers, 1 load"


def misses(server):
    return json.loads(ask(server.addr, get("/-/status.json")).body)["cache"]["misses"]


def confusion(server, folder):
    text = b"to be or not to be, " * 500
    with open(os.path.join(folder, "words.txt"), "wb") as file:
        file.write(text)
    for round in range(3):
        coded = ask(server.addr, get("/words.txt", "Accept-Encoding: gzip\r\n"))
        plain = ask(server.addr, get("/words.txt?x=y"))
        other = ask(server.addr, b"GET http://elsewhere/words.txt HTTP/1.1\r\nHost: evil\r\n\r\n")
        if gzip.decompress(coded.body) != text or plain.body != text or other.body != text:
            raise AssertionError("one client's bytes went to another")
        if "content-encoding" in plain.fields or coded.fields["vary"] != "accept-encoding":
            raise AssertionError("the coding is not told apart")
    return "each its own bytes"


def flood_of_names(server, _):
    statuses = set()
    for number in range(200):
        with Client(server.addr) as client:
            client.send(b"".join(get(f"/{number}-{name}-{'x' * 200}") for name in range(100)))
            statuses.update(client.answer().status for _ in range(100))
    return f"{statuses}, 20,000 times"


def upgrade(server, _):
    with Client(server.addr) as client:
        client.send(get("/small.txt", "Connection: upgrade\r\nUpgrade: h2c\r\n") + get("/ten.txt"))
        return f"{client.answer().status}, {client.answer().status}, in order"


def descriptors(_, folder):
    few = Server(folder, *LIMITS, fds=48)
    clients = []
    for _ in range(100):
        clients.append(Client(few.addr))
    time.sleep(0.5)
    for client in clients:
        client.close()
    time.sleep(0.5)
    fine = few.is_fine()
    ended = few.end()
    if not fine or ended != 0:
        raise AssertionError(f"fine: {fine}, ended with {ended}")
    return "served again when they were free"


ATTACKS = [
    ("connects and is silent", silent),
    ("sends a head slowly", slow_head),
    ("is idle after an answer", idle),
    ("30 do not read 3 MiB each", no_reading),
    ("16 MiB of target", endless(b"GET /", b"x")),
    ("16 MiB of one field", endless(FIELDS + b"X: ", b"y")),
    ("16 MiB of fields", endless(FIELDS, b"X: y\r\n")),
    ("16 MiB of chunk extension", endless(CHUNKED + b"1;", b"x")),
    ("16 MiB of trailer", endless(CHUNKED + b"0\r\n", b"X: y\r\n")),
    ("50,000 requests, no answer read", pipelined),
    ("1,000 connect at once", burst),
    ("2,000 connect and reset", resets),
    ("closes its half", half_close),
    ("200 are gone in the middle of 10 MiB", gone),
    ("ranges that overlap, 1,000 and 16", range_bomb),
    ("framing in doubt, a request after it", smuggling),
    ("ways out of the root", traversal),
    ("a file that shrinks while it is sent", truncated),
    ("100 want a file that is not cached", stampede),
    ("Host, query and coding", confusion),
    ("20,000 names of nothing", flood_of_names),
    ("an upgrade, and bytes after it", upgrade),
    ("100 connections for 48 descriptors", descriptors),
]


def main():
    folder = folder_of_files()
    server = Server(folder, *LIMITS)
    rows, failures = [], []
    # What the first requests need is there.
    server.is_fine()
    threads = server.status("Threads")
    for what, attack in ATTACKS:
        before = server.status("VmRSS")
        try:
            answer = attack(server, folder)
        except (AssertionError, TimeoutError, EOFError, OSError) as error:
            answer = f"FAILED: {error!r}"
            failures.append(what)
        after = server.status("VmRSS")
        if after - before > GROWTH_KIB_MAX or not server.is_fine() or server.status("Threads") != threads:
            failures.append(f"{what}: {after - before} KiB, {server.status('Threads')} threads")
        rows.append(f"| {what} | {answer} | {before} | {after} |")
    ended = server.end()
    shutil.rmtree(folder)
    table = "| a client | what came of it | KiB before | after |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    print(table)
    if ended != 0 or "panicked" in server.said():
        failures.append(f"ended with {ended}: {server.said()}")
    if failures or len(rows) < 20:
        raise SystemExit(f"failed: {failures}")
    print(f"abuse: {len(rows)} kinds, none did harm")
    if sys.argv[1:2] == ["--write"]:
        with open(sys.argv[2]) as file:
            text = file.read()
        start = text.index("<!-- table")
        start = text.index("\n", start) + 1
        with open(sys.argv[2], "w") as file:
            file.write(text[:start] + table)


main()
