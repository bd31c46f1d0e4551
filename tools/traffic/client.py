"""Raw HTTP/1.1 over sockets, and a server of ours as a process: what the other scripts of this folder share."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import threading

HANG_S = 20


class Answer:
    """One response, as it came."""

    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.fields = {}
        for line in lines[1:]:
            if ": " in line:
                name, value = line.split(": ", 1)
                self.fields[name.lower()] = value
        self.body = body


class Client:
    """One connection."""

    def __init__(self, addr, timeout=HANG_S):
        self.socket = socket.create_connection(addr, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the connection ended")
        self.received += data

    def answer(self, to_head=False):
        while b"\r\n\r\n" not in self.received:
            self.receive()
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        answer = Answer(head, b"")
        if to_head or answer.status in (100, 204, 304):
            return answer
        if answer.fields.get("transfer-encoding") == "chunked":
            while not self.received.endswith(b"0\r\n\r\n"):
                self.receive()
            answer.body, self.received = self.received, b""
        elif "content-length" in answer.fields:
            length = int(answer.fields["content-length"])
            while len(self.received) < length:
                self.receive()
            answer.body, self.received = self.received[:length], self.received[length:]
        else:
            answer.body = self.rest()
        return answer

    def rest(self):
        """All that comes until the server closes; a reset is an end, too."""
        try:
            while True:
                self.receive()
        except (EOFError, ConnectionError):
            pass
        rest, self.received = self.received, b""
        return rest

    def reset(self):
        """Closes with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def get(path, fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n".encode("latin-1")


def ask(addr, data, to_head=False):
    with Client(addr) as client:
        client.send(data)
        return client.answer(to_head)


class Server:
    """`unsnarl serve` on a free port; `fds` limits its descriptors."""

    def __init__(self, folder, *arguments, fds=None):
        command = [os.environ["UNSNARL"], "serve", folder, "--addr", "127.0.0.1:0", *arguments]
        if fds:
            command = ["prlimit", f"--nofile={fds}", *command]
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://([\d.]+):(\d+)/", line)
        if not found:
            self.errors.seek(0)
            raise SystemExit(f"the server did not start: {line}{self.errors.read().decode()}")
        self.addr = (found[1], int(found[2]))
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def status(self, name):
        """A number of /proc/PID/status: `VmRSS` in KiB, `Threads`."""
        with open(f"/proc/{self.process.pid}/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))

    def is_fine(self):
        return ask(self.addr, get("/small.txt")).body == b"small\n"

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Drains it; says how it ended."""
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(HANG_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "hangs"

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode()


def folder_of_files():
    """A folder with what the scripts ask for."""
    folder = tempfile.mkdtemp(prefix="unsnarl-traffic-")
    # nginx's workers are another user.
    os.chmod(folder, 0o755)

    def write(name, data):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))

    write("index.html", b"<!doctype html><title>root</title>\n")
    write("small.txt", b"small\n")
    write("ten.txt", b"0123456789")
    write("empty.txt", b"")
    write("kilobyte.txt", b"x" * 1024)
    write("64k.bin", bytes(range(256)) * 256)
    write("large.bin", bytes(range(256)) * 40_960)
    write("style.css", b"p { color: red }\n")
    write("script.js", b"console.log(1)\n")
    write("image.png", b"\x89PNG\r\n")
    write("data.json", b"{}\n")
    write("a b.txt", b"space\n")
    write("sub/index.html", b"<title>sub</title>\n")
    write("bare/file.txt", b"x")
    os.symlink("/etc/hostname", os.path.join(folder, "outside.txt"))
    os.symlink("small.txt", os.path.join(folder, "inside.txt"))
    return folder
