# SPDX-License-Identifier: BSD-2-Clause
"""http_backend.py PORT: answers 200 and how many requests it had, /count not counted."""
import http.server
import sys
import threading

lock = threading.Lock()
had = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        global had
        with lock:
            had += self.path != "/count"
            text = str(had).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a connection that the proxy has reset


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
