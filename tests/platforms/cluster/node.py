"""The node: etcd, Kubernetes' own programs, and a containerd apart from Docker's, as processes of this machine."""

import json
import shutil
import socket
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.platforms.cluster import network
from tests.platforms.cluster.processes import Processes
from tools.core.steps import ToolError, run

NODE = "localhost"
CGROUP = "/seldon-platform"
_SERVICES = "10.215.0.0/24"
_READY_SECONDS = 90.0
_PROXY_HEALTH = "127.0.0.1:10256"


@dataclass(frozen=True)
class Node:
    """Where a node's files lie and on which ports of loopback its programs answer."""

    folder: Path
    programs: Path
    processes: Processes
    token: str
    etcd_port: int
    api_port: int

    @property
    def kubeconfig(self) -> Path:
        """For an administrator."""
        return self.folder / "kubeconfig"

    @property
    def socket(self) -> Path:
        """The socket of containerd."""
        return self.folder / "containerd.sock"

    def start(self, registry: str, sandbox: str) -> None:
        """Start everything and return when the node is ready.

        ``registry`` is HOST:PORT, which containerd asks over plain http; ``sandbox`` the image that holds a pod's namespaces. Raises ToolError.
        """
        self._etcd()
        self._apiserver()
        self._managers()
        self._containerd(registry, sandbox)
        self._kubelet()
        self.processes.wait("kubelet", self._ready, _READY_SECONDS)
        self.proxy()

    def proxy(self) -> None:
        """Start kube-proxy: Services answer, to pods and to this machine."""
        config = self.folder / "proxy.json"
        config.write_text(json.dumps(_proxy_config(self.kubeconfig), indent=1))
        self.processes.start("kube-proxy", [self.programs / "kube-proxy", f"--config={config}"])
        self.processes.wait("kube-proxy", lambda: answers(f"http://{_PROXY_HEALTH}/healthz"), 30)

    def kubectl(self, *words: str, text: str | None = None) -> str:
        """What kubectl prints; ``text`` is its standard input. Raises ToolError."""
        return run(
            self.programs / "kubectl",
            "--kubeconfig",
            self.kubeconfig,
            *words,
            timeout=60,
            text=text,
        )

    def _etcd(self) -> None:
        url, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{free_port()}"
        words: list[str | Path] = [
            "etcd",
            "--data-dir",
            self.folder / "etcd",
            "--listen-client-urls",
            url,
            "--advertise-client-urls",
            url,
        ]
        words += [
            "--listen-peer-urls",
            peer,
            "--initial-advertise-peer-urls",
            peer,
            "--initial-cluster",
            f"default={peer}",
        ]
        # Nothing here has to survive a power cut.
        self.processes.start("etcd", [*words, "--unsafe-no-fsync"])
        self.processes.wait("etcd", lambda: answers(f"{url}/health"), 30)

    def _apiserver(self) -> None:
        folder = self.folder / "apiserver"
        folder.mkdir()
        key, tokens = folder / "service-accounts.key", folder / "tokens.csv"
        run("openssl", "genrsa", "-out", key, "2048")
        tokens.write_text(f'{self.token},admin,admin,"system:masters"\n')
        tokens.chmod(0o600)
        flags = {
            "etcd-servers": f"http://127.0.0.1:{self.etcd_port}",
            "bind-address": "127.0.0.1",
            "advertise-address": network.GATEWAY,
            "secure-port": self.api_port,
            "cert-dir": folder,
            "token-auth-file": tokens,
            "authorization-mode": "RBAC,Node",
            "service-account-key-file": key,
            "service-account-signing-key-file": key,
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-cluster-ip-range": _SERVICES,
            "allow-privileged": "true",
            # It would mount a token into each pod, and have pods wait for controllers that nothing here needs.
            "disable-admission-plugins": "ServiceAccount",
            # The kubelet listens on loopback, where its name leads: pods do not reach it.
            "kubelet-preferred-address-types": "Hostname",
        }
        self._kubernetes("kube-apiserver", flags)
        self.processes.wait(
            "kube-apiserver",
            lambda: answers(f"https://127.0.0.1:{self.api_port}/readyz", self.token),
            60,
        )
        self._write_kubeconfig(folder / "apiserver.crt")

    def _write_kubeconfig(self, authority: Path) -> None:
        cluster = {
            "server": f"https://127.0.0.1:{self.api_port}",
            "certificate-authority": str(authority),
        }
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "seldon", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "seldon", "context": {"cluster": "seldon", "user": "admin"}}],
            "current-context": "seldon",
        }
        self.kubeconfig.touch(0o600)
        self.kubeconfig.write_text(json.dumps(config, indent=1))

    def _managers(self) -> None:
        common = {
            "kubeconfig": self.kubeconfig,
            "leader-elect": "false",
            "bind-address": "127.0.0.1",
        }
        key = self.folder / "apiserver/service-accounts.key"
        more = {
            "service-account-private-key-file": key,
            "root-ca-file": self.folder / "apiserver/apiserver.crt",
        }
        self._kubernetes(
            "kube-controller-manager",
            {**common, **more, "secure-port": free_port(), "cert-dir": self.folder / "manager"},
        )
        self._kubernetes(
            "kube-scheduler",
            {**common, "secure-port": free_port(), "cert-dir": self.folder / "scheduler"},
        )

    def _containerd(self, registry: str, sandbox: str) -> None:
        config = self.folder / "containerd.toml"
        config.write_text(_containerd_config(self.folder, self.socket, registry, sandbox))
        self.processes.start("containerd", ["containerd", "--config", config])
        ask = ["ctr", "--address", str(self.socket), "version"]
        self.processes.wait("containerd", lambda: self.socket.exists() and _succeeds(*ask), 30)

    def _kubelet(self) -> None:
        for hierarchy in cgroups():
            hierarchy.mkdir(exist_ok=True)
        config = self.folder / "kubelet.json"
        config.write_text(json.dumps(_kubelet_config(self.folder, self.socket), indent=1))
        flags = {
            "config": config,
            "kubeconfig": self.kubeconfig,
            "hostname-override": NODE,
            "node-ip": network.GATEWAY,
        }
        self._kubernetes(
            "kubelet",
            {**flags, "root-dir": self.folder / "kubelet", "cert-dir": self.folder / "kubelet/pki"},
        )

    def _kubernetes(self, name: str, flags: dict[str, object]) -> None:
        self.processes.start(
            name, [self.programs / name, *(f"--{flag}={value}" for flag, value in flags.items())]
        )

    def _ready(self) -> bool:
        jsonpath = '{.status.conditions[?(@.type=="Ready")].status}'
        try:
            return self.kubectl("get", "node", NODE, "-o", f"jsonpath={jsonpath}").strip() == "True"
        except ToolError:
            return False


def cgroups() -> list[Path]:
    """The control group below which all pods are, in each hierarchy: one, or under version 1 one for each controller."""
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return [root / CGROUP.lstrip("/")]
    return [
        hierarchy / CGROUP.lstrip("/")
        for hierarchy in sorted(
            {path.resolve() for path in root.iterdir() if (path / "cgroup.procs").exists()}
        )
    ]


def remove_cgroups() -> None:
    """Remove these groups and those in them, which no process is left in."""
    for hierarchy in cgroups():
        for folder in sorted(hierarchy.rglob("*/"), reverse=True) if hierarchy.exists() else []:
            folder.rmdir()
        if hierarchy.exists():
            hierarchy.rmdir()


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str, token: str = "") -> bool:
    """Whether a GET is answered with 200. The certificate is not looked at: it is this machine's loopback."""
    request = urllib.request.Request(
        url, headers={"Authorization": f"Bearer {token}"} if token else {}
    )
    context = ssl._create_unverified_context() if url.startswith("https:") else None
    try:
        with urllib.request.urlopen(request, timeout=5, context=context) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def accepts(host: str, port: int) -> bool:
    """Whether connections are accepted there."""
    try:
        socket.create_connection((host, port), 2).close()
    except OSError:
        return False
    return True


def missing_programs() -> list[str]:
    """What a node needs of Debian's and is not there, by the name of its package."""
    needed = {
        "etcd": "etcd-server",
        "containerd": "containerd",
        "runc": "runc",
        "iptables": "iptables",
        "ip": "iproute2",
        "openssl": "openssl",
    }
    missing = [package for program, package in needed.items() if shutil.which(program) is None]
    return [
        *missing,
        *([] if (network.PLUGINS / "bridge").exists() else ["containernetworking-plugins"]),
    ]


def _succeeds(*words: str) -> bool:
    try:
        run(*words, timeout=10)
    except ToolError:
        return False
    return True


def _containerd_config(folder: Path, socket: Path, registry: str, sandbox: str) -> str:
    return f"""version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"

[grpc]
address = "{socket}"

[plugins."io.containerd.internal.v1.opt"]
path = "{folder}/containerd-opt"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{sandbox}"
# Where this machine may not lower a process's score, a container would not start.
restrict_oom_score_adj = true
# So that what a pod leaves mounted is found below the one folder that is unmounted.
netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{network.PLUGINS}"
conf_dir = "{folder}/network/conf"

[plugins."io.containerd.grpc.v1.cri".registry.mirrors."{registry}"]
endpoint = ["http://{registry}"]
"""


def _proxy_config(kubeconfig: Path) -> dict[str, object]:
    """See kube-proxy's KubeProxyConfiguration (v1alpha1)."""
    untouched = {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}
    return {
        "kind": "KubeProxyConfiguration",
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "clusterCIDR": str(network.RANGE),
        "hostnameOverride": NODE,
        "healthzBindAddress": _PROXY_HEALTH,
        "metricsBindAddress": f"127.0.0.1:{free_port()}",
        # The kernel's limits are this machine's, not ours to set.
        "conntrack": untouched,
        "iptables": {"localhostNodePorts": False, "minSyncPeriod": "0.2s"},
    }


def _kubelet_config(folder: Path, socket: Path) -> dict[str, object]:
    """See kubelet's KubeletConfiguration (v1beta1)."""
    return {
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "address": "127.0.0.1",
        "port": free_port(),
        "healthzPort": 0,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{socket}",
        "podLogsDir": f"{folder}/pod-logs",
        "volumePluginDir": f"{folder}/kubelet/volume-plugins",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": CGROUP,
        # Chains of its own, which it would leave behind; what they guard against is a proxy for Services that is not here.
        "makeIPTablesUtilChains": False,
        "failCgroupV1": False,
        "failSwapOn": False,
        "resolvConf": "/etc/resolv.conf",
        # A full disk is the owner's to see, not ours to evict pods for.
        "evictionHard": {
            "memory.available": "1%",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
            "nodefs.inodesFree": "1%",
        },
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    }
