"""The pods' network: a bridge on a private range of addresses. Its gateway is where pods find the registry and the git server."""

import contextlib
import ipaddress
import json
import subprocess
from pathlib import Path

from tools.core.steps import ToolError, run

BRIDGE = "seldon0"
# go-containerregistry, and with it kpack and the lifecycle, speaks plain http to RFC 1918 addresses only.
RANGE = ipaddress.ip_network("10.214.0.0/24")
GATEWAY = str(next(RANGE.hosts()))
# Locally administered.
_ADDRESS = "02:5e:1d:0a:d6:01"
PLUGINS = Path("/usr/lib/cni")
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_RULES = (
    (
        "nat",
        "POSTROUTING",
        ("--source", str(RANGE), "!", "--destination", str(RANGE), "--jump", "MASQUERADE"),
    ),
    # Docker drops what is forwarded between other networks.
    ("filter", "FORWARD", ("--in-interface", BRIDGE, "--jump", "ACCEPT")),
    ("filter", "FORWARD", ("--out-interface", BRIDGE, "--jump", "ACCEPT")),
)
# What kube-proxy makes and its own --cleanup leaves, since a kubelet might share it; ours does not.
_OF_PROXY = (
    ("--delete", "INPUT", "--jump", "KUBE-FIREWALL"),
    ("--delete", "OUTPUT", "--jump", "KUBE-FIREWALL"),
    ("--flush", "KUBE-FIREWALL"),
    ("--delete-chain", "KUBE-FIREWALL"),
)


def up(folder: Path) -> None:
    """Make the bridge, let pods reach what this machine reaches, write the network plugins' configuration to ``folder``.

    Raises ToolError where the bridge is already there, or another Kubernetes.
    """
    if _present():
        raise ToolError(
            f"The bridge {BRIDGE} is already there: another platform runs on this machine.",
            "make platform-down, where it was made.",
        )
    if (
        subprocess.run(
            ["iptables", "--table", "nat", "--list", "KUBE-SERVICES"],
            capture_output=True,
            check=False,
            timeout=20,
        ).returncode
        == 0
    ):
        raise ToolError(
            "Another Kubernetes has its rules in this machine's network, which this one would take away.",
            "Use it: KUBECONFIG.",
        )
    # Without an address of its own a bridge takes one of its ports': it changes as pods come and go, and pods send to the old one for seconds.
    run("ip", "link", "add", BRIDGE, "address", _ADDRESS, "type", "bridge")
    run("ip", "address", "add", f"{GATEWAY}/{RANGE.prefixlen}", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    if _FORWARDING.read_text().strip() != "1":
        _FORWARDING.write_text("1\n")
    for table, chain, match in _RULES:
        # The wait is for the lock: dockerd writes rules too.
        run("iptables", "--wait", "10", "--table", table, "--insert", chain, *match)
    conf = folder / "conf"
    conf.mkdir(parents=True)
    (conf / "10-seldon.conflist").write_text(json.dumps(_conflist(folder / "addresses")))


def down() -> None:
    """Remove the rules and the bridge, as far as they are there."""
    for table, chain, match in _RULES:
        with contextlib.suppress(ToolError):
            while True:
                run("iptables", "--wait", "10", "--table", table, "--delete", chain, *match)
    for words in _OF_PROXY:
        with contextlib.suppress(ToolError):
            run("iptables", "--wait", "10", *words)
    if _present():
        run("ip", "link", "delete", BRIDGE)


def _conflist(addresses: Path) -> dict[str, object]:
    ipam = {
        "type": "host-local",
        "ranges": [[{"subnet": str(RANGE), "gateway": GATEWAY}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": str(addresses),
    }
    # Masquerading is one rule of ours and not the plugin's one chain for each pod, which stays behind where a pod is killed.
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": ipam,
    }
    return {"cniVersion": "0.4.0", "name": "seldon", "plugins": [bridge]}


def _present() -> bool:
    return (
        subprocess.run(
            ["ip", "link", "show", BRIDGE], capture_output=True, check=False, timeout=20
        ).returncode
        == 0
    )
