"""Load of all kinds at once, for some seconds: each byte that comes is checked, and the server must drain at the end.

`soak.py SECONDS`. Files change all the time; each says its own checksum, so a mixture of two versions is seen. Meanwhile
clients read slowly, reset, ask for what is not there, and the process gets signals at random: it is stopped and continued, and
reads its settings anew.
"""

import gzip
import hashlib
import os
import random
import shutil
import signal
import sys
import threading
import time

from client import Client, Server, ask, folder_of_files, get

counts = {}
failures = []
over = threading.Event()


def version(name, number):
    body = f"{name} {number} ".encode() * (1 + number * 37 % 3000)
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def check(name, data):
    checksum, body = data.split(b"\n", 1)
    if hashlib.sha256(body).hexdigest().encode() != checksum or not body.startswith(name.encode() + b" "):
        failures.append(f"wrong bytes for {name}")


def writer(folder):
    number = 0
    while not over.is_set():
        name = f"soak-{number % 8}.txt"
        with open(os.path.join(folder, "new"), "wb") as file:
            file.write(version(name, number))
        os.rename(os.path.join(folder, "new"), os.path.join(folder, name))
        number += 1
        yield


def reader(server, rng):
    with Client(server.addr) as client:
        for _ in range(rng.randrange(1, 40)):
            name = f"soak-{rng.randrange(8)}.txt"
            if rng.random() < 0.5:
                client.send(get("/" + name))
                check(name, client.answer().body)
            else:
                client.send(get("/" + name, "Accept-Encoding: gzip\r\n"))
                answer = client.answer()
                is_coded = answer.fields.get("content-encoding") == "gzip"
                check(name, gzip.decompress(answer.body) if is_coded else answer.body)
            yield


def ranger(server, rng):
    first = rng.randrange(10_000_000)
    last = first + rng.randrange(1000)
    answer = ask(server.addr, get("/large.bin", f"Range: bytes={first}-{last}\r\n"))
    if answer.body != bytes(at % 256 for at in range(first, min(last + 1, 10_485_760))):
        failures.append("wrong bytes of a range")
    yield


def slow(server, rng):
    with Client(server.addr) as client:
        client.send(get("/64k.bin"))
        while len(client.received) < 65_536:
            client.received += client.socket.recv(4096)
            time.sleep(0.01)
        yield


def resetter(server, rng):
    client = Client(server.addr)
    client.send(get("/large.bin")[: rng.randrange(60)])
    client.reset()
    yield


def stranger(server, rng):
    status = ask(server.addr, get(f"/nothing-{rng.random()}")).status
    if status != 404:
        failures.append(f"{status} for nothing")
    yield


def signaller(server, rng):
    """Stops the process and lets it go on, has it read its settings anew, and sends what it need not heed."""
    number = rng.choice([signal.SIGSTOP, signal.SIGHUP, signal.SIGPIPE, signal.SIGWINCH, signal.SIGCHLD])
    server.signal(number)
    if number == signal.SIGSTOP:
        time.sleep(0.05)
        server.signal(signal.SIGCONT)
    over.wait(rng.random() / 2)
    yield


def repeat(kind, make):
    try:
        while not over.is_set():
            for _ in make():
                counts[kind] = counts.get(kind, 0) + 1
                if over.is_set():
                    return
    except (OSError, EOFError) as error:
        if not over.is_set():
            failures.append(f"{kind}: {error!r}")


def main():
    seconds = float(sys.argv[1])
    folder = folder_of_files()
    for number in range(8):
        with open(os.path.join(folder, f"soak-{number}.txt"), "wb") as file:
            file.write(version(f"soak-{number}.txt", number))
    server = Server(folder, "--workers", "4")
    server.is_fine()
    before = server.status("VmRSS")
    kinds = {"reader": 4, "ranger": 1, "slow": 2, "resetter": 1, "stranger": 1, "signaller": 1}
    makers = {name: globals()[name] for name in kinds}
    threads = [threading.Thread(target=repeat, args=("writer", lambda: writer(folder)))]
    for kind, count in kinds.items():
        for number in range(count):
            rng = random.Random(f"{kind} {number}")
            make = lambda kind=kind, rng=rng: makers[kind](server, rng)
            threads.append(threading.Thread(target=repeat, args=(kind, make)))
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    over.set()
    # In the middle of what is under way.
    server.signal(signal.SIGCONT)
    after = server.status("VmRSS")
    ended = server.end()
    for thread in threads:
        thread.join()
    shutil.rmtree(folder)
    print(f"soak: {seconds:g} s, {counts}, memory {before} to {after} KiB, ended with {ended}")
    if ended != 0 or "panicked" in server.said() or after - before > 128 * 1024:
        failures.append(f"ended with {ended}, {server.said()}")
    missing = [kind for kind in [*kinds, "writer"] if not counts.get(kind)]
    if failures or missing:
        raise SystemExit(f"failed: {failures[:10]}, nothing done by {missing}")


main()
