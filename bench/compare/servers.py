"""The servers that are compared, each as it is shipped and with the settings its own documentation gives."""

import pathlib
import shutil
import subprocess

from processes import Process, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
CIPHER = "TLS_AES_128_GCM_SHA256"


class Server:
    """A kind of server: how wfload speaks to it, and how it is started on a directory."""

    def __init__(self, name, protocol, requests_per_chunk, durability, command, path=""):
        self.name = name
        self.protocol = protocol
        self.requests_per_chunk = requests_per_chunk
        self.durability = durability
        self.command = command
        self.path = path

    def start(self, place, work: pathlib.Path, cpu="0") -> Process:
        data = pathlib.Path(place) / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o777)
        data.chmod(0o777)
        port = free_port()
        return Process(self.command(port, data, work), port, work / f"{self.name.replace(' ', '_').replace('/', '_')}.log", cpu)

    def url(self, process: Process) -> str:
        return f"http://127.0.0.1:{process.port}{self.path}"


def waveforge(durability="chunk", mode="auto", extra=(), name=None):
    """The release build with its default limits."""

    def command(port, data, _work):
        return [str(ROOT / "build/release/bin/waveforge"), "serve", "--data-dir", str(data), "--listen",
                f"127.0.0.1:{port}", "--session-rate", "0", "--durability", durability,
                "--write-mode", mode, "--log-level", "warning", *extra]

    return Server(name or f"waveforge {mode} {durability}", "session", "3", durability, command)


def reference(way, sync="none"):
    def command(port, data, _work):
        return [str(ROOT / "build/bench/bin/bench_limit"), "serve", "--way", way, "--sync", sync, "--port", str(port),
                "--dir", str(data)]

    return Server(f"reference {way}" + (" fdatasync" if sync == "chunk" else ""), "session", "3",
                  "chunk" if sync == "chunk" else "none", command)


def nginx(tls=None):
    def command(port, data, work):
        listen = f"127.0.0.1:{port}" + (" ssl" if tls else "")
        secure = (f"ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem; ssl_protocols TLSv1.3; "
                  f"ssl_conf_command Ciphersuites {CIPHER};" if tls else "")
        config = work / "nginx.conf"
        config.write_text(f"""
daemon off; worker_processes 1; user root; pid {work}/nginx.pid; error_log {work}/nginx.err; worker_rlimit_nofile 30000;
events {{ worker_connections 20000; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; client_max_body_size 0;
  client_body_temp_path {data}/.tmp; client_body_buffer_size 512k;
  server {{ listen {listen} reuseport backlog=4096; {secure} root {data};
    location / {{ dav_methods PUT DELETE; create_full_put_path off; }} }}
}}""")
        (data / ".tmp").mkdir(exist_ok=True)
        return ["nginx", "-c", str(config), "-e", str(work / "nginx.err")]

    return Server("nginx" + (" tls" if tls else ""), "put", "1", "none", command)


def lighttpd():
    def command(port, data, work):
        config = work / "lighttpd.conf"
        (work / "lighttpd_tmp").mkdir(exist_ok=True)
        config.write_text(f"""
server.modules = ("mod_webdav")
server.document-root = "{data}"
server.bind = "127.0.0.1"
server.port = {port}
server.upload-dirs = ("{data}")
server.max-connections = 8192
server.max-fds = 16384
server.max-keep-alive-requests = 100000000
server.stream-request-body = 0
server.max-request-size = 0
webdav.activate = "enable"
webdav.is-readonly = "disable"
""")
        return ["lighttpd", "-D", "-f", str(config)]

    return Server("lighttpd", "put", "1", "none", command)


def tus_node():
    modules = HERE / "tus-server"
    if not (modules / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=modules, check=True)

    def command(port, data, _work):
        return ["node", str(modules / "server.mjs"), str(port), str(data)]

    return Server("@tus/server", "tus", "3", "none", command, "/tus")


def tusd(binary: str):
    def command(port, data, _work):
        return [binary, "-host", "127.0.0.1", "-port", str(port), "-upload-dir", str(data), "-base-path", "/tus/",
                "-behind-proxy=false"]

    return Server("tusd", "tus", "3", "none", command, "/tus")
