"""Sends the requests of `corpus.toml` to `unsnarl serve` and to nginx, and compares status, fields and content.

Differences that the corpus does not explain are failures, and so are explanations of what does not differ.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib

from client import Client, Server, folder_of_files

# Compared where the answer is no error; `present` only for whether they are there.
FIELDS = ["content-type", "content-length", "content-range", "location", "last-modified", "accept-ranges", "connection"]
PRESENT = ["etag", "date"]

CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr emerg;
events {{ worker_connections 256; }}
http {{
  include /etc/nginx/mime.types; default_type application/octet-stream;
  charset utf-8; charset_types text/plain text/css application/javascript; access_log off; server_tokens off; gzip off; absolute_redirect off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {root}; index index.html; }}
}}
"""


class Nginx:
    def __init__(self, root):
        self.folder = tempfile.mkdtemp(prefix="unsnarl-nginx-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.addr = ("127.0.0.1", port)
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(folder=self.folder, port=port, root=root))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", path, "-p", self.folder])
        for _ in range(200):
            try:
                Client(self.addr).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("nginx did not start")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        shutil.rmtree(self.folder)


def bytes_of(entry):
    if "raw" in entry:
        return entry["raw"].encode("latin-1")
    method, target = entry["request"].split(" ", 1)
    fields = "".join(f"{field}\r\n" for field in entry.get("fields", []))
    return f"{method} {target} HTTP/1.1\r\nHost: test\r\n{fields}\r\n{entry.get('body', '')}".encode("latin-1")


def observe(addr, entry):
    """Status, fields and content of the answer, as texts; what an error page says is each server's own affair."""
    data = bytes_of(entry)
    try:
        with Client(addr, timeout=5) as client:
            client.send(data)
            answer = client.answer(to_head=data.startswith(b"HEAD"))
            if answer.status == 100:
                client.send(entry["then"].encode())
                answer = client.answer()
    except (EOFError, ConnectionError):
        return {"status": "closed"}
    except TimeoutError:
        return {"status": "waits"}
    seen = {"status": str(answer.status)}
    if answer.status < 400:
        for name in PRESENT:
            seen[name] = "there" if name in answer.fields else "not there"
        for name in FIELDS:
            seen[name] = answer.fields.get(name, "")
    if 300 <= answer.status < 400:
        # A redirect has a text, too.
        del seen["content-type"], seen["content-length"]
    # nginx says keep-alive where it is what is meant anyway; multipart boundaries are random.
    seen["connection"] = "close" if answer.fields.get("connection") == "close" else "open"
    if seen.get("content-type", "").startswith("multipart/byteranges"):
        boundary = seen["content-type"].split("boundary=")[1]
        seen["content-type"] = "multipart/byteranges"
        seen["content-length"] = ""
        parts = answer.body.split(b"--" + boundary.encode())
        seen["content"] = str([part.split(b"\r\n\r\n", 1)[-1].strip(b"\r\n") for part in parts[1:-1]])
    elif 200 <= answer.status < 300:
        seen["content"] = answer.body.hex()
    return seen


def main():
    path = os.path.join(os.path.dirname(__file__), "corpus.toml")
    with open(path, "rb") as file:
        corpus = tomllib.load(file)["request"]
    root = folder_of_files()
    nginx, ours = Nginx(root), Server(root)
    failures = explained = 0
    try:
        for entry in corpus:
            here, there = observe(ours.addr, entry), observe(nginx.addr, entry)
            differs = {
                name: f"{here.get(name, '')} | {there.get(name, '')}"
                for name in sorted(here.keys() | there.keys())
                if here.get(name, "") != there.get(name, "")
            }
            if "status" in differs:
                # The rest follows from it.
                differs = {"status": differs["status"]}
            expected = entry.get("differs", {})
            if differs != expected:
                failures += 1
                print(f"{entry['name']}: ours | nginx: {differs}, explained: {expected}", file=sys.stderr)
            elif differs:
                explained += 1
                if not entry.get("why"):
                    failures += 1
                    print(f"{entry['name']}: a difference without a why", file=sys.stderr)
    finally:
        nginx.end()
        ended = ours.end()
        shutil.rmtree(root)
    print(f"differential: {len(corpus)} requests, {explained} differ as explained, {failures} as not")
    if failures or ended != 0 or len(corpus) < 50:
        raise SystemExit(f"failed; the server ended with {ended}")


main()
