"""Serve a folder on this machine only, on the first free port from the one asked for.

python tools/serve.py _build/html 8000
"""

import functools
import http.server
import sys
from pathlib import Path


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # the reader went on
            super().handle_error(request, client_address)


def open_server(folder, port, tries=50):
    """A server on the first free port of `port`, `port` + 1, …"""
    handler = functools.partial(QuietHandler, directory=str(folder))
    for candidate in range(port, port + tries):
        try:
            return QuietServer(("127.0.0.1", candidate), handler)
        except OSError:
            continue
    sys.exit(f"kl: ports {port} to {port + tries - 1} are all in use; try PORT=9000")


def main(folder, port):
    if not Path(folder, "index.html").exists():
        sys.exit(f"kl: {folder} holds no site yet; `make book` builds it")
    server = open_server(folder, int(port))
    print(f"Serving the book on http://localhost:{server.server_port}/ (Ctrl-C stops)")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main(*sys.argv[1:3])
